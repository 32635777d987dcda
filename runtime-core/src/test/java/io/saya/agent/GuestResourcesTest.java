package io.saya.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.json.Json;
import io.saya.proto.agent.oci.LinuxBlockIO;
import io.saya.proto.agent.oci.LinuxCPU;
import io.saya.proto.agent.oci.LinuxDeviceCgroup;
import io.saya.proto.agent.oci.LinuxResources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuestResourcesTest {
    private static final GuestAbilities OWN = new GuestAbilities(true, true);
    private static final GuestAbilities KATAS = new GuestAbilities(true, false);

    @Test
    void aContainerThatMayOpenAllDevicesMayOpenAllOfTheGuests() {
        assertThat(
                        devices(
                                """
                                {"allow":false,"access":"rwm"},{"allow":true,"access":"rwm"}\
                                """))
                .containsExactly(
                        LinuxDeviceCgroup.newBuilder()
                                .setAllow(true)
                                .setType("a")
                                .setAccess("rwm")
                                .build());
    }

    @Test
    void rulesForDevicesThatOnlyTheHostKnowsAreLeftOutAndTheUsualOnesAreTheAgents() {
        assertThat(
                        devices(
                                """
                                {"allow":true,"access":"rwm"},{"allow":false,"access":"rwm"},
                                {"allow":true,"type":"b","major":253,"minor":0,"access":"rwm"},
                                {"allow":true,"type":"b","major":259,"minor":0,"access":"rwm"},
                                {"allow":true,"type":"c","major":511,"access":"rwm"},
                                {"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"},
                                {"allow":true,"type":"c","major":5,"minor":1,"access":"rwm"},
                                {"allow":true,"type":"c","access":"rwm"},
                                {"allow":true,"major":8,"access":"rwm"},{"allow":true,"access":"m"}\
                                """))
                .isEmpty();
    }

    @Test
    void aRuleForADeviceThatEveryKernelHasOpensItBesideTheUsualOnes() {
        String rules =
                """
                {"allow":false,"access":"rwm"},
                {"allow":true,"type":"c","major":10,"minor":229,"access":"rw"},
                {"allow":true,"type":"c","major":188,"access":"rwm"}\
                """;

        List<LinuxDeviceCgroup> all = devices(rules);

        assertThat(all.getFirst().getAllow()).as("what no rule names stays shut").isFalse();
        assertThat(all.getFirst().getType()).isEqualTo("a");
        assertThat(all).contains(allowed(1, 3, "rwm"), allowed(136, -1, "rwm"));
        assertThat(all).endsWith(allowed(10, 229, "rw"), allowed(188, -1, "rwm"));
        assertThat(
                        GuestResources.of(
                                        Json.parseObject("{\"devices\":[" + rules + "]}"),
                                        false,
                                        KATAS,
                                        "")
                                .message()
                                .getDevicesList())
                .as("other agents have rules of their own, which these would replace")
                .isEmpty();
    }

    private static LinuxDeviceCgroup allowed(int major, int minor, String access) {
        return LinuxDeviceCgroup.newBuilder()
                .setAllow(true)
                .setType("c")
                .setMajor(major)
                .setMinor(minor)
                .setAccess(access)
                .build();
    }

    private static List<LinuxDeviceCgroup> devices(String rules) {
        var json = Json.parseObject(("{\"devices\":[" + rules + "]}").getBytes(UTF_8));
        return GuestResources.of(json, false, OWN, "").message().getDevicesList();
    }

    private static LinuxResources guest(String resources, GuestAbilities abilities, String cpus) {
        return GuestResources.of(Json.parseObject(resources), false, abilities, cpus).message();
    }

    @Test
    void cpusAndNodesOfTheHostBecomeTheGuests() {
        String bound = "{\"cpu\":{\"cpus\":\"7,9\",\"mems\":\"1\",\"shares\":512}}";
        assertThat(guest(bound, OWN, "0-1").getCPU())
                .isEqualTo(
                        LinuxCPU.newBuilder().setCpus("0-1").setMems("0").setShares(512).build());
        assertThat(guest(bound, KATAS, "0-1").getCPU())
                .isEqualTo(LinuxCPU.newBuilder().setShares(512).build());
    }

    @Test
    void filesOfCgroup2StayUnlessTheySpeakOfTheHostsDevicesOrCpus() {
        String files =
                """
                {"cpu":{"burst":5000,"idle":1},"blockIO":{"weight":300,
                "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]},
                "unified":{"memory.oom.group":"1","cpuset.cpus":"7","io.max":"8:0 rbps=1",
                "io.weight":"default 7"}}\
                """;
        LinuxResources guest = guest(files, OWN, "");
        assertThat(unified(guest))
                .isEqualTo(
                        Map.of(
                                "memory.oom.group",
                                "1",
                                "io.weight",
                                "default 7",
                                "cpu.max.burst",
                                "5000",
                                "cpu.idle",
                                "1"));
        assertThat(guest.getBlockIO()).isEqualTo(LinuxBlockIO.newBuilder().setWeight(300).build());
        assertThat(guest(files, KATAS, "").getUnifiedList()).isEmpty();
    }

    @Test
    void aLimitOfProcessesMayBeNone() {
        assertThat(guest("{\"pids\":{\"limit\":-1}}", OWN, "").getPids().getLimit()).isEqualTo(-1);
        assertThat(guest("{\"pids\":{\"limit\":9}}", KATAS, "").hasPids()).isFalse();
    }

    private static Map<String, String> unified(LinuxResources guest) {
        return guest.getUnifiedList().stream()
                .collect(
                        toMap(
                                LinuxResources.UnifiedEntry::getKey,
                                LinuxResources.UnifiedEntry::getValue));
    }
}
