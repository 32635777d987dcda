package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.DnsConfig;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pods on the networks of Debian's CNI plugins, of every kind. */
@WithProduct
final class NetworkTest extends NetworkSuite {

    @Test
    void podsReachOneAnotherAndTheWorldByBothFamilies() throws Exception {
        var node = node(Networks.bridge("net0", 1, 1500));
        try (var outside = new Outside()) {
            var dns = DnsConfig.newBuilder().addServers("10.88.1.1");
            var one = pod(node, config -> config.setDnsConfig(dns));
            var two = pod(node);
            var main = one.idle("main");
            var other = two.idle("main");

            assertThat(ok(one, main, "ping -c 2 " + two.ip())).contains("2 packets received");
            assertThat(ok(one, main, "ping -6 -c 2 " + ipv6(two, other))).contains("2 packets rec");
            // The largest packet that the interface takes, with its headers.
            assertThat(ok(one, main, "ping -c 1 -s 1472 10.88.1.1")).contains("1 packets received");
            assertThat(ok(one, main, "nslookup name.test")).contains(Outside.ANSWER);
            hasMtu(one, main, "eth0", 1500);

            // From outside, and from the other pod, by TCP.
            answersFromOutside(two, two.ip(), ipv6(two, other));
            reaches(one, main, two.ip());
            reaches(one, main, ipv6(two, other));

            bytesArrive(one, outside, "10.88.1.1");
            bytesArrive(one, outside, "fd88:1::1", FEW_BYTES);
            removed(one, two);
        }
    }

    @Test
    void ptp() throws Exception {
        var node = node(Networks.pointToPoint(2));
        try (var outside = new Outside()) {
            var pod = pod(node);
            var main = pod.idle("main");
            hasMtu(pod, main, "eth0", 1420);
            answersFromOutside(pod, pod.ip(), ipv6(pod, main));
            bytesArrive(pod, outside, gateway(pod, main));
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
        var node = node(Networks.bridge("net0", 6, 1500), Networks.bridge("net1", 7, 9000));
        try (var outside = new Outside()) {
            var pod = pod(node);
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
        var node =
                node(
                        List.of(Networks.script("calico-like")),
                        Map.of("calico-like", Networks.CALICO),
                        "");
        // A node answers for the gateway because it has a route to it, if only the default one.
        sh("ip addr add 192.0.2.1/32 dev lo; ip route add default dev lo").succeeded();
        try (var outside = new Outside()) {
            var pod = pod(node);
            var main = pod.idle("main");
            assertThat(ok(pod, main, "ip addr show eth0"))
                    .contains("10.88.99.2/32")
                    .contains("mtu 1440");
            assertThat(ok(pod, main, "ip route"))
                    .contains("default via 169.254.1.1 dev eth0")
                    .contains("169.254.1.1 dev eth0 scope link");
            answersFromOutside(pod, "10.88.99.2");
            bytesArrive(pod, outside, "192.0.2.1");
            removed(pod);
        } finally {
            sh("ip addr del 192.0.2.1/32 dev lo; ip route del default dev lo");
        }
    }

    @Test
    void ipv6SwitchedOffOnTheHost() throws Exception {
        var node = node(Networks.withoutIpv6(8));
        try (var outside = new Outside()) {
            var pod = pod(node);
            var main = pod.idle("main");
            assertThat(ok(pod, main, "ip addr show eth0")).contains("10.88.8.");
            bytesArrive(pod, outside, "10.88.8.1");
            removed(pod);
        }
    }

    @Test
    void ipv6SwitchedOffInTheGuest() throws Exception {
        var node =
                node(
                        List.of(Networks.bridge("net0", 10, 1500)),
                        Map.of(),
                        """
                        [hypervisor.qemu]
                        kernel_params = "ipv6.disable=1"
                        """);
        try (var outside = new Outside()) {
            var pod = pod(node);
            var main = pod.idle("main");
            assertThat(sh(inPod(pod) + "ip -6 addr show dev eth0").succeeded().out())
                    .contains("fd88:10::");
            assertThat(ok(pod, main, "ip addr show eth0; ls /proc/net"))
                    .contains("10.88.10.")
                    .doesNotContain("inet6")
                    .doesNotContain("if_inet6");
            bytesArrive(pod, outside, "10.88.10.1");
            removed(pod);
        }
    }

    @Test
    void killOfTheVmOrOfItsShimLeavesNothingInThePodsNamespace() {
        // A shim that no other one follows.
        var node =
                node(
                        List.of(Networks.bridge("net0", 11, 1500)),
                        Map.of(),
                        "[runtime]\ndaemon_restarts = 0\n");
        for (var victim : List.of("qemu-system", "saya-guard", "java")) {
            var pod = pod(node);
            assertThat(sh(inNamespace(node) + "tc qdisc").succeeded().out()).contains("ingress");
            Host.kill(Host.processes(victim, pod.id()).getFirst());
            var left = inNamespace(node) + "sh -c 'tc qdisc | grep ingress; ip link | grep _saya'";
            Wait.until(GONE, () -> sh(left).out().isEmpty());
            assertThat(sh(left).out()).as("after the end of %s", victim).isEmpty();
            removed(pod);
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
        var node = node(Networks.above(kind, "up0", subnet));
        try (var outside = new Outside()) {
            var pod = pod(node);
            var main = pod.idle("main");
            hasMtu(pod, main, "eth0", 1500);
            answersFromOutside(pod, pod.ip());
            bytesArrive(pod, outside, "10.88." + subnet + ".1");
            removed(pod);
        }
    }
}
