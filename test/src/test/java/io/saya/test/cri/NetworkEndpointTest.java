package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.WithProduct;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Interfaces that a VMM could open itself, and cards with several queues. */
@WithProduct
final class NetworkEndpointTest extends NetworkSuite {
    private static final String MODEL = "io.katacontainers.config.runtime.internetworking_model";
    private static final String ANNOTATIONS =
            """
            [hypervisor.qemu]
            default_vcpus = 2
            enable_annotations = ["runtime.internetworking_model"]
            """;

    private static final String QUEUES = "ls -d /sys/class/net/eth0/queues/rx-* | wc -l";

    /** The model {@code none} is for such interfaces only; {@code tcfilter} takes them as well. */
    @Test
    void aMacvtapIsTheCardAndATapIsJoined() throws Exception {
        sh("ip link add up0 type veth peer name up1").succeeded();
        try (var outside = new Outside()) {
            sh("ip link set up0 up; ip link set up1 up; ip addr add 10.88.97.1/24 dev up1")
                    .succeeded();
            var node =
                    node(
                            List.of(Networks.script("macvtap-like")),
                            Map.of("macvtap-like", Networks.MACVTAP),
                            ANNOTATIONS);
            var alone = pod(node, config -> config.putAnnotations(MODEL, "none"));
            isTheMacvtap(alone, outside);
            removed(alone);

            var directory = node.containerd().directory().resolve("cni-bin");
            var withTap = Files.createFile(directory.resolve("with-tap"));
            var pod = pod(node);
            Files.delete(withTap);
            isTheMacvtap(pod, outside);
            assertThat(ok(pod, pod.idle("look"), "ip addr show tap5"))
                    .contains("mtu 1380", "02:00:00:88:96:02", "inet 10.88.96.2/24");
            removed(pod);
        } finally {
            sh("ip link del up0");
        }
    }

    private static void isTheMacvtap(Pod pod, Outside outside) throws Exception {
        var main = pod.idle("main");
        var mac = sh(inPod(pod) + "ip -o link show eth0 | grep -o 'ether [^ ]*'").succeeded().out();
        hasMtu(pod, main, "eth0", 1480);
        assertThat(ok(pod, main, "ip addr show eth0")).contains(mac.strip(), "inet 10.88.97.2/24");
        bytesArrive(pod, outside, "10.88.97.1", FEW_BYTES);
        answersFromOutside(pod, "10.88.97.2");
    }

    @Test
    void aCardHasAQueueForEachProcessor() throws Exception {
        var node = node(List.of(Networks.bridge("net0", 37, 1500)), Map.of(), ANNOTATIONS);
        try (var outside = new Outside()) {
            for (var model : List.of("tcfilter", "macvtap")) {
                var pod = pod(node, config -> config.putAnnotations(MODEL, model));
                assertThat(ok(pod, pod.idle("main"), "nproc; " + QUEUES)).isEqualTo("2\n2\n");
                bytesArrive(pod, outside, "10.88.37.1", FEW_BYTES);
                removed(pod);
            }
        }
    }
}
