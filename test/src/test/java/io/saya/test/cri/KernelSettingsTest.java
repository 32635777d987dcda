package io.saya.test.cri;

import static io.saya.test.cri.Limited.memory;
import static io.saya.test.cri.Limited.number;
import static io.saya.test.cri.Limited.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.Int64Value;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.test.WithProduct;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the kernel derives from its memory, in a pod that was small when it booted. */
@WithProduct
final class KernelSettingsTest extends PodSuite {
    private static final int USER = 1234;
    private static final int PROCESSES = 1000;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc's is the host's kernel");
    }

    /** What a script prints in a large container of a pod that began small. */
    private long printed(String script) {
        var pod = sharedPod(told(memory(64)));
        var large =
                pod.start(
                        pod.create(
                                "large",
                                config ->
                                        config.addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(memory(512))
                                                                .setSecurityContext(
                                                                        LinuxContainerSecurityContext
                                                                                .newBuilder()
                                                                                .setRunAsUser(
                                                                                        Int64Value
                                                                                                .newBuilder()
                                                                                                .setValue(
                                                                                                        USER))))));
        return number(pod, large, script);
    }

    /** A user had 564 of them. */
    @Test
    void aUserHasAsManyProcessesAsMemory() {
        assertThat(
                        printed(
                                """
                                i=0
                                while [ $((i += 1)) -le %d ]; do sleep 1000 & done 2> /dev/null
                                jobs | wc -l
                                kill $(jobs -p)
                                """
                                        .formatted(PROCESSES)))
                .isEqualTo(PROCESSES);
    }

    /** dd reserves its block before it reads. */
    @Test
    void aProcessReservesMoreThanTheMachineHas() {
        assertThat(printed("dd if=/dev/zero of=/dev/null bs=3000M count=0 2> /dev/null; echo $?"))
                .isZero();
    }

    @Test
    void socketsFilesAndWatchesAreNotThoseOfASmallMachine() {
        for (var key :
                new String[] {
                    "fs/file-max",
                    "fs/inotify/max_user_watches",
                    "user/max_user_namespaces",
                    "net/ipv4/tcp_max_orphans",
                    "net/ipv4/tcp_max_tw_buckets"
                }) {
            assertThat(printed("cat /proc/sys/" + key)).as(key).isGreaterThan(200_000);
        }
    }
}
