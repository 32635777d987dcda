package io.saya.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.Json;
import io.saya.proto.agent.oci.LinuxDeviceCgroup;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestResourcesTest {

    @Test
    void aContainerThatMayOpenAllDevicesMayOpenAllOfTheGuests() {
        assertThat(
                        devices(
                                """
                                {"allow":false,"access":"rwm"},{"allow":true,"access":"rwm"}"""))
                .containsExactly(
                        LinuxDeviceCgroup.newBuilder()
                                .setAllow(true)
                                .setType("a")
                                .setAccess("rwm")
                                .build());
    }

    @Test
    void rulesForSingleDevicesSpeakOfTheHostsAndAreLeftOut() {
        assertThat(
                        devices(
                                """
                                {"allow":true,"access":"rwm"},{"allow":false,"access":"rwm"},
                                {"allow":true,"type":"b","major":8,"minor":0,"access":"rwm"},
                                {"allow":true,"type":"c","access":"rwm"},
                                {"allow":true,"major":8,"access":"rwm"},{"allow":true,"access":"m"}"""))
                .isEmpty();
    }

    private static List<LinuxDeviceCgroup> devices(String rules) {
        var json = Json.parseObject(("{\"devices\":[" + rules + "]}").getBytes(UTF_8));
        return GuestResources.of(json, false, true).message().getDevicesList();
    }
}
