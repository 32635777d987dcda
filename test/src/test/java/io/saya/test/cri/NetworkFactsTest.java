package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerConfig;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the guest is told of an interface that has everything. */
@WithProduct
final class NetworkFactsTest extends NetworkSuite {

    /** By the host's own {@code ip} on both sides: busybox shows no MTU of routes. */
    private static final String LOOK =
            """
            ip -o link show dev eth0 | awk '{for (i = 1; i < NF; i++) if ($i == "mtu" || $i == "link/ether") print $i, $(i + 1)}'
            ip -o addr show dev eth0 scope global | awk '{print $4}'
            ip route
            ip -6 route
            ip neigh show nud permanent | sort
            """;

    @Test
    void whatTheInterfaceHasIsWhatTheGuestHas() throws Exception {
        var node =
                node(
                        List.of(Networks.script("everything")),
                        Map.of("everything", Networks.EVERYTHING),
                        "");
        var pod = pod(node);
        var main = pod.start(pod.create("main", NetworkFactsTest::withHostsPrograms));
        var wanted =
                sh(inPod(pod) + "sh -c '" + LOOK.replace("'", "'\\''") + "'").succeeded().out();
        assertThat(wanted)
                .contains("mtu 1480", "02:00:00:88:95:02", "10.88.94.2/32", "fd88:95::2/64")
                .contains("default via 169.254.1.1 dev eth0 metric 50 onlink mtu 1400")
                .contains("src 10.88.94.2", "scope link", "metric 7", "mtu 1300", "mtu 1280")
                .contains("10.88.95.9 dev eth0 lladdr 02:00:00:88:95:09 PERMANENT");
        assertThat(ok(pod, main, HOSTS_IP + LOOK)).isEqualTo(wanted);
        removed(pod);
    }

    private static final String HOSTS_IP =
            "ip() { /host/lib/ld-linux-x86-64.so.2 --library-path /host/lib /host/bin/ip \"$@\"; }\n";

    private static ContainerConfig.Builder withHostsPrograms(ContainerConfig.Builder config) {
        try {
            var programs = Path.of("/bin").toRealPath();
            var libraries = Path.of("/lib/x86_64-linux-gnu").toRealPath();
            Pod.mount(config, programs, "/host/bin", true);
            Pod.mount(config, libraries, "/host/lib", true);
            return config.addCommand("sh").addArgs("-c").addArgs(Pod.IDLE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
