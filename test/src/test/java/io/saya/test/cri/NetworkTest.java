package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.ContainerState;
import io.saya.proto.cri.DnsConfig;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Pods on the networks of Debian's CNI plugins. The tests' own network namespace is the node's;
 * what is in it and in pods' namespaces must be afterwards as it was before.
 */
@WithProduct
@Timeout(900)
final class NetworkTest {
    private static final Duration COMMAND = Duration.ofSeconds(30);
    private static final Duration GONE = Duration.ofSeconds(10);
    private static final Duration TRANSFER = Duration.ofMinutes(10);

    /** A gibibyte each way in the full suite. */
    private static final long BYTES =
            Boolean.getBoolean("saya.full") || "1".equals(System.getProperty("saya.full"))
                    ? 1L << 30
                    : 48L << 20;

    private static final String WEB =
            "mkdir -p /tmp/www; echo hello from the guest > /tmp/www/index.html;"
                    + " httpd -p 127.0.0.1:8080 -h /tmp/www; httpd -p [::1]:9090 -h /tmp/www;"
                    + " trap 'exit 0' TERM; while :; do sleep 0.1; done";

    private String before = "";

    @BeforeEach
    void look() {
        before = state();
    }

    /** Bridges stay by design of their plugin; they are removed here. */
    @AfterEach
    void nothingIsLeft() {
        for (var bridge : List.of("net0", "net1", "v4only")) {
            sh("ip link del " + bridge + " 2>/dev/null || true");
        }
        Wait.until(GONE, () -> state().equals(before));
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void podsReachOneAnotherAndTheWorldByBothFamilies() throws Exception {
        try (var node = new Node(List.of(Networks.bridge("net0", 1, 1500)), Map.of());
                var outside = new Outside()) {
            var dns = DnsConfig.newBuilder().addServers("10.88.1.1");
            var one = pod(node, config -> config.setDnsConfig(dns));
            var two = pod(node, UnaryOperator.identity());
            var main = one.idle("main");
            var other = two.idle("main");

            assertThat(ok(one, main, "ping -c 2 " + two.ip())).contains("2 packets received");
            assertThat(ok(one, main, "ping -6 -c 2 " + ipv6(two, other))).contains("2 packets rec");
            // The largest packet that the interface takes, with its headers.
            assertThat(ok(one, main, "ping -c 1 -s 1472 10.88.1.1")).contains("1 packets received");
            assertThat(ok(one, main, "nslookup name.test")).contains(Outside.ANSWER);

            bytesArrive(one, outside, "10.88.1.1");
            removed(one, two);
        }
    }

    @Test
    void portForwardReachesServersOfTheGuest() throws Exception {
        try (var node = new Node(List.of(Networks.bridge("net0", 9, 1500)), Map.of())) {
            var pod = pod(node, UnaryOperator.identity());
            var main = pod.started("main", WEB);
            until(pod, main, "netstat -ltn | grep :9090");
            assertThat(PortForwardClient.exchange(node, pod, 8080, "GET / HTTP/1.0\r\n\r\n"))
                    .contains("200 OK")
                    .contains("hello from the guest");
            // containerd dials IPv4 first; IPv6 reaches the guest as well, and either reaches
            // servers of either family.
            for (var url : List.of("http://[::1]:8080/", "http://127.0.0.1:9090/")) {
                assertThat(sh(inPod(pod) + " wget -q -O - " + url).succeeded().out())
                        .contains("hello from the guest");
            }
            removed(pod);
        }
    }

    @Test
    void ptp() throws Exception {
        try (var node = new Node(List.of(Networks.pointToPoint(2)), Map.of());
                var outside = new Outside()) {
            var pod = pod(node, UnaryOperator.identity());
            bytesArrive(pod, outside, gateway(pod, pod.idle("main")));
            removed(pod);
        }
    }

    @Test
    void macvlan() throws Exception {
        sh("ip link add up0 type veth peer name up1").succeeded();
        try {
            sh("ip link set up0 up; ip link set up1 up; ip addr add 10.88.3.1/24 dev up1")
                    .succeeded();
            onTopOf("macvlan", 3);
        } finally {
            sh("ip link del up0");
        }
    }

    @Test
    void ipvlan() throws Exception {
        onTopIfThereIs("ipvlan", 4);
    }

    @Test
    void vlan() throws Exception {
        onTopIfThereIs("vlan", 5);
    }

    @Test
    void twoNetworksInOnePodWithAJumboMtuOnOne() throws Exception {
        var networks = List.of(Networks.bridge("net0", 6, 1500), Networks.bridge("net1", 7, 9000));
        try (var node = new Node(networks, Map.of());
                var outside = new Outside()) {
            var pod = pod(node, UnaryOperator.identity());
            var main = pod.idle("main");
            assertThat(ok(pod, main, "ip link show eth0")).contains("mtu 1500");
            assertThat(ok(pod, main, "ip link show eth1")).contains("mtu 9000");
            assertThat(ok(pod, main, "ping -c 1 -s 8972 10.88.7.1")).contains("1 packets received");
            assertThat(ok(pod, main, "ping -c 1 -s 1472 10.88.6.1")).contains("1 packets received");
            bytesArrive(pod, outside, "10.88.6.1");
            bytesArrive(pod, outside, "10.88.7.1");
            removed(pod);
        }
    }

    @Test
    void anAddressWithNothingAroundItAndAGatewayThatIsNowhere() throws Exception {
        try (var node =
                        new Node(
                                List.of(Networks.script("calico-like")),
                                Map.of("calico-like", Networks.CALICO));
                var outside = new Outside()) {
            // A node answers for the gateway because it has a route to it, if only the default one.
            sh("ip addr add 192.0.2.1/32 dev lo; ip route add default dev lo").succeeded();
            try {
                var pod = pod(node, UnaryOperator.identity());
                var main = pod.idle("main");
                assertThat(ok(pod, main, "ip addr show eth0"))
                        .contains("10.88.99.2/32")
                        .contains("mtu 1440");
                assertThat(ok(pod, main, "ip route"))
                        .contains("default via 169.254.1.1 dev eth0")
                        .contains("169.254.1.1 dev eth0 scope link");
                bytesArrive(pod, outside, "192.0.2.1");
                removed(pod);
            } finally {
                sh("ip addr del 192.0.2.1/32 dev lo; ip route del default dev lo");
            }
        }
    }

    @Test
    void ipv6SwitchedOff() throws Exception {
        try (var node = new Node(List.of(Networks.withoutIpv6(8)), Map.of());
                var outside = new Outside()) {
            var pod = pod(node, UnaryOperator.identity());
            var main = pod.idle("main");
            assertThat(ok(pod, main, "ip addr show eth0")).contains("10.88.8.");
            bytesArrive(pod, outside, "10.88.8.1");
            removed(pod);
        }
    }

    @Test
    void killOfTheVmOrOfItsShimLeavesNothingInThePodsNamespace() throws Exception {
        try (var node = new Node(List.of(Networks.bridge("net0", 10, 1500)), Map.of())) {
            for (var victim : List.of("qemu-system.* -name %s,", "saya-guard .*-id %s")) {
                var pod = pod(node, UnaryOperator.identity());
                var namespace =
                        "nsenter --net=$(ls -d "
                                + node.containerd().directory()
                                + "/state/io.containerd.grpc.v1.cri/netns/cni-*)";
                assertThat(sh(namespace + " tc qdisc").succeeded().out()).contains("ingress");
                sh("kill -9 $(pgrep -of '" + victim.formatted(pod.id()) + "')").succeeded();
                var left = namespace + " sh -c 'tc qdisc | grep ingress; ip link | grep _saya'";
                Wait.until(GONE, () -> sh(left).out().isEmpty());
                assertThat(sh(left).out()).isEmpty();
                removed(pod);
            }
        }
    }

    private void onTopIfThereIs(String kind, int subnet) throws Exception {
        sh("ip link add up0 type veth peer name up1").succeeded();
        try {
            sh("ip link set up0 up; ip link set up1 up").succeeded();
            var extra = kind.equals("vlan") ? " id 7" : "";
            var made = sh("ip link add link up0 name try0 type " + kind + extra);
            assumeTrue(made.status() == 0, "this kernel has no " + kind + ": " + made.err());
            sh("ip link del try0").succeeded();
            sh(kind.equals("vlan")
                            ? "ip link add link up1 name up1v type vlan id 7; ip link set up1v"
                                    + " up; ip addr add 10.88.5.1/24 dev up1v"
                            : "ip addr add 10.88." + subnet + ".1/24 dev up1")
                    .succeeded();
            onTopOf(kind, subnet);
        } finally {
            sh("ip link del up0");
        }
    }

    private void onTopOf(String kind, int subnet) throws Exception {
        try (var node = new Node(List.of(Networks.above(kind, "up0", subnet)), Map.of());
                var outside = new Outside()) {
            var pod = pod(node, UnaryOperator.identity());
            bytesArrive(pod, outside, "10.88." + subnet + ".1");
            removed(pod);
        }
    }

    private static Pod pod(
            Node node, UnaryOperator<io.saya.proto.cri.PodSandboxConfig.Builder> change) {
        return Pod.run(node, Node.handler(), change);
    }

    /** Whole and unchanged, out of the pod and into it. */
    private static void bytesArrive(Pod pod, Outside outside, String address) throws Exception {
        var there = address + " " + outside.port();
        var sent = outside.take();
        assertThat(
                        transfer(
                                pod,
                                "head -c 1048576 /dev/urandom > /tmp/block; mkfifo /tmp/copy;"
                                        + " md5sum < /tmp/copy & for i in $(seq "
                                        + (BYTES >> 20)
                                        + "); do cat /tmp/block; done | tee /tmp/copy | nc "
                                        + there
                                        + "; wait"))
                .contains(sent.get(1, TimeUnit.MINUTES));
        var received = outside.give(BYTES);
        assertThat(transfer(pod, "nc " + there + " < /dev/null | md5sum"))
                .contains(received.get(1, TimeUnit.MINUTES));
    }

    /** Runs a script in a container of its own, and returns what it printed. */
    private static String transfer(Pod pod, String script) {
        var container = pod.started("transfer", script);
        var ended =
                Wait.until(
                        TRANSFER,
                        () -> pod.status(container).getState() == ContainerState.CONTAINER_EXITED);
        assertThat(ended).as("%s has ended", script).isTrue();
        var log = String.join("\n", pod.log(container));
        pod.remove(container);
        return log;
    }

    private static void until(Pod pod, String container, String script) {
        assertThat(Wait.until(COMMAND, () -> pod.exec(container, "sh", "-c", script).status() == 0))
                .as(script)
                .isTrue();
    }

    private static String ok(Pod pod, String container, String script) {
        return pod.exec(container, "sh", "-c", script).succeeded().out();
    }

    private static String gateway(Pod pod, String container) {
        return ok(pod, container, "ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'").strip();
    }

    private static String ipv6(Pod pod, String container) {
        return ok(pod, container, "ip addr show eth0 | sed -n 's/.*inet6 \\(fd[^/]*\\).*/\\1/p'")
                .strip();
    }

    /** Runs a command of the host in the pod's network namespace, by the VM that is in it. */
    private static String inPod(Pod pod) {
        return "nsenter --net=/proc/$(pgrep -of 'qemu-system.* -name "
                + pod.id()
                + ",')/ns/net busybox";
    }

    private static void removed(Pod... pods) {
        for (var pod : pods) {
            pod.stop();
            pod.remove();
        }
    }

    /**
     * Interfaces, namespaces, qdiscs and rules of the node, and processes in pods' namespaces.
     * Whether the bridge of an earlier test still has a carrier is that test's business.
     */
    private static String state() {
        return sh("ip -br link | awk '{print $1}' | sort; ip route | sed 's/ linkdown//';"
                        + " tc qdisc | sort;"
                        + " nft list ruleset; ls /run/netns 2>/dev/null | grep ^cni-;"
                        + " pgrep -fa 'qemu-syste[m].*/tmp/saya-test|saya-tes[t].*ports$' || true")
                .out();
    }

    private static Ran sh(String script) {
        return Ran.run(COMMAND, "sh", "-c", script);
    }
}
