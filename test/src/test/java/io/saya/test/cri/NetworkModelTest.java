package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.DnsConfig;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.proto.cri.NamespaceMode;
import io.saya.proto.cri.NamespaceOption;
import io.saya.proto.cri.PodSandboxConfig;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How interfaces are joined, by annotation and by configuration, and what is refused. */
@WithProduct
final class NetworkModelTest extends NetworkSuite {
    private static final String PREFIX = "io.katacontainers.config.";
    private static final String MODEL = PREFIX + "runtime.internetworking_model";
    private static final String RX_RATE = PREFIX + "hypervisor.rx_rate_limiter_max_rate";
    private static final String TX_RATE = PREFIX + "hypervisor.tx_rate_limiter_max_rate";

    private static final String ANNOTATIONS =
            """
            [hypervisor.qemu]
            enable_annotations = ["[rt]x_rate_limiter_max_rate", "runtime.internetworking_model"]
            """;

    // So slow that an emulated guest on a machine that others use as well is much faster.
    private static final long RX_BYTES_PER_SECOND = 250_000;
    private static final long TX_BYTES_PER_SECOND = 1_000_000;

    /** Headers, and what the bucket holds at first, which counts little in the whole. */
    private static final double ABOVE = 1.25;

    /** So many times faster is no accident; the two limits differ by more. */
    private static final double CLEARLY = 1.5;

    @Test
    void macvtap() throws Exception {
        var node = annotated(30);
        try (var outside = new Outside()) {
            var dns = DnsConfig.newBuilder().addServers("10.88.30.1");
            var one =
                    pod(node, config -> config.putAnnotations(MODEL, "macvtap").setDnsConfig(dns));
            var two = pod(node, config -> config.putAnnotations(MODEL, "macvtap"));
            var main = one.idle("main");
            var other = two.idle("main");
            assertThat(sh(inPod(one) + "ip -d link show veth0_saya").succeeded().out())
                    .contains("macvtap");
            assertThat(ok(one, main, "ping -c 2 " + two.ip())).contains("2 packets received");
            assertThat(ok(two, other, "ping -c 2 " + one.ip())).contains("2 packets received");
            assertThat(ok(one, main, "ping -6 -c 2 " + ipv6(two, other))).contains("2 packets rec");
            assertThat(ok(one, main, "ping -c 1 -s 1472 10.88.30.1"))
                    .contains("1 packets received");
            assertThat(ok(one, main, "nslookup name.test")).contains(Outside.ANSWER);
            bytesArrive(one, outside, "10.88.30.1");
            answersFromOutside(one, one.ip(), ipv6(one, main));
            reaches(two, other, one.ip());
            removed(one, two);
        }
    }

    /** The interface has its addresses, routes and MAC again before the namespace is removed. */
    @Test
    void macvtapGivesBackWhatTheInterfaceHad() {
        var node =
                node(
                        List.of(Networks.bridge("net0", 31, 1500)),
                        Map.of(),
                        "[runtime]\ninternetworking_model = \"macvtap\"\n");
        var pod = pod(node);
        var main = pod.idle("main");
        var own = "ip -o addr show dev eth0 scope global";
        var guest =
                "busybox ip addr show eth0 | awk '/ether|scope global/ {print $2}'; busybox ip route; ";
        var wanted = ok(pod, main, guest);
        assertThat(wanted).contains("10.88.31.").contains("fd88:31::").contains("default via");
        assertThat(sh(inNamespace(node) + own).out()).isEmpty();

        Host.kill(Host.processes("qemu-system", pod.id()).getFirst());

        var here = inNamespace(node) + "sh -c \"" + guest.replace("$", "\\$") + "\"";
        Wait.until(GONE, () -> words(sh(here).out()).equals(words(wanted)));
        assertThat(words(sh(here).out())).isEqualTo(words(wanted));
        assertThat(sh(inNamespace(node) + "ip -br link").out()).doesNotContain("_saya");
        removed(pod);
    }

    @Test
    void limitsHoldInBothDirections() throws Exception {
        var node = annotated(32);
        try (var outside = new Outside()) {
            var limited =
                    pod(
                            node,
                            config ->
                                    config.putAnnotations(
                                                    RX_RATE, Long.toString(8 * RX_BYTES_PER_SECOND))
                                            .putAnnotations(
                                                    TX_RATE,
                                                    Long.toString(8 * TX_BYTES_PER_SECOND)));
            var free = pod(node);
            // A machine that has much to do makes all of it slow, so one is held against the other.
            var into = into(limited, outside, 2 << 20);
            var outOf = outOf(limited, outside, 6 << 20);
            assertThat(into).isLessThan(RX_BYTES_PER_SECOND * ABOVE);
            assertThat(outOf).isLessThan(TX_BYTES_PER_SECOND * ABOVE).isGreaterThan(CLEARLY * into);
            assertThat(into(free, outside, 8 << 20)).isGreaterThan(CLEARLY * into);
            assertThat(outOf(free, outside, 8 << 20)).isGreaterThan(CLEARLY * outOf);
            removed(limited, free);
        }
    }

    @Test
    void whatCannotBeJoinedIsRefusedByName() {
        var node = annotated(33);
        assertThatThrownBy(() -> pod(node, config -> config.putAnnotations(MODEL, "none")))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("interface eth0 of kind veth")
                .hasMessageContaining("internetworking_model");
        assertThatThrownBy(
                        () ->
                                pod(
                                        node,
                                        config ->
                                                config.putAnnotations(MODEL, "macvtap")
                                                        .putAnnotations(RX_RATE, "1000000")))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("rx_rate_limiter_max_rate");
    }

    @Test
    void aKindThatIsNotSupportedIsRefusedByName() {
        var node =
                node(
                        List.of(Networks.script("strange")),
                        Map.of("strange", Networks.UNSUPPORTED),
                        "");
        assertThatThrownBy(() -> pod(node))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("interface eth0 of kind bridge")
                .hasMessageContaining("expected: veth");
    }

    @Test
    void theNetworkOfTheHostIsRefused() {
        var node = node(Networks.bridge("net0", 34, 1500));
        assertThatThrownBy(() -> pod(node, NetworkModelTest::onTheHostsNetwork))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("network namespace of the host requested")
                .hasMessageContaining("disable_new_netns");
    }

    @Test
    void aPodOnTheHostsNetworkHasNoneWhereTheOptionSaysSo() {
        var node =
                node(
                        List.of(Networks.bridge("net0", 35, 1500)),
                        Map.of(),
                        """
                        [runtime]
                        internetworking_model = "none"
                        disable_new_netns = true
                        """);
        var pod = pod(node, NetworkModelTest::onTheHostsNetwork);
        assertThat(ok(pod, pod.idle("main"), "ip -o link").lines()).hasSize(1);
        removed(pod);
    }

    private Node annotated(int subnet) {
        return node(List.of(Networks.bridge("net0", subnet, 1500)), Map.of(), ANNOTATIONS);
    }

    private static PodSandboxConfig.Builder onTheHostsNetwork(PodSandboxConfig.Builder config) {
        return config.setLinux(
                LinuxPodSandboxConfig.newBuilder()
                        .setSecurityContext(
                                LinuxSandboxSecurityContext.newBuilder()
                                        .setNamespaceOptions(
                                                NamespaceOption.newBuilder()
                                                        .setNetwork(NamespaceMode.NODE))));
    }

    private static double into(Pod pod, Outside outside, long bytes) throws Exception {
        var given = outside.give(bytes);
        transfer(pod, receive(outside, gateway(pod, pod.idle("look"))));
        return given.get(1, TimeUnit.MINUTES).bytesPerSecond();
    }

    private static double outOf(Pod pod, Outside outside, long bytes) throws Exception {
        var taken = outside.take();
        transfer(pod, send(outside, gateway(pod, pod.idle("look")), bytes));
        return taken.get(1, TimeUnit.MINUTES).bytesPerSecond();
    }

    /** Different versions of a program put a different number of blanks at the ends of lines. */
    private static List<List<String>> words(String text) {
        return text.lines()
                .map(line -> List.of(line.strip().split("\\s+", -1)))
                .sorted(Comparator.comparing(List::toString))
                .toList();
    }
}
