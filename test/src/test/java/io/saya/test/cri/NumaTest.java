package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Host;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A guest with two NUMA nodes, both of which are node 0 of the host, as every host has it. */
@WithProduct
final class NumaTest extends PodSuite {
    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no machine");
    }

    @Override
    protected Node newNode() {
        return Node.with(
                """
                [hypervisor.qemu]
                enable_numa = true
                numa_mapping = ["0", "0"]
                default_memory = 512
                """);
    }

    @Test
    void theGuestHasTwoNodesWhoseMemoryIsBoundToTheHosts() throws IOException {
        var pod = pod();
        var container = pod.idle("main");
        assertThat(out(pod, container, "cat /sys/devices/system/node/has_memory")).isEqualTo("0-1");
        for (int node = 0; node < 2; node++) {
            assertThat(
                            out(
                                    pod,
                                    container,
                                    "sed -n 's/.*MemTotal: *\\([0-9]*\\) kB/\\1/p'"
                                            + " /sys/devices/system/node/node"
                                            + node
                                            + "/meminfo"))
                    .satisfies(kib -> assertThat(Long.parseLong(kib) / 1024).isBetween(150L, 256L));
        }
        var qemu = Host.process("qemu-system", pod.id());
        assertThat(Files.readAllLines(Path.of("/proc/" + qemu + "/numa_maps")))
                .filteredOn(line -> line.contains("memfd") && line.contains("bind:0"))
                .hasSizeGreaterThanOrEqualTo(2);
    }

    private static String out(Pod pod, String container, String script) {
        var ran = pod.exec(container, "sh", "-c", script);
        assertThat(ran.status()).as(ran.toString()).isZero();
        return ran.out().strip();
    }
}
