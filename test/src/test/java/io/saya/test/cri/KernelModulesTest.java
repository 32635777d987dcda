package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.Capability;
import io.saya.proto.cri.ContainerConfig;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What containers need of the guest's kernel beyond what every pod needs: its modules come when
 * they are asked for, as on a host.
 */
@WithProduct
final class KernelModulesTest extends PodSuite {

    private @Nullable Programs programs;

    @BeforeAll
    void copyPrograms() {
        programs =
                new Programs(
                        node().logs().resolveSibling("programs-" + getClass().getSimpleName()),
                        List.of(
                                "iptables-legacy",
                                "ip6tables-legacy",
                                "iptables-nft",
                                "nft",
                                "ipset",
                                "ip",
                                "bridge",
                                "wg",
                                "modinfo",
                                "modprobe",
                                "/usr/lib/x86_64-linux-gnu/xtables"));
    }

    /** What istio-init does, with either kind of iptables. */
    @Test
    void aServiceMeshSetsItsRulesUp() {
        var pod = privilegedPod();
        var mesh = withRights(pod, "NET_ADMIN", "NET_RAW");
        for (var kind : List.of("legacy", "nft")) {
            assertThat(script(pod, mesh, ISTIO.replace("iptables", "iptables-" + kind)).out())
                    .as(kind)
                    .contains("-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001")
                    .contains("-A ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY");
        }
        script(
                pod,
                mesh,
                """
                ip6tables-legacy -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 15006
                ipset create peers hash:ip
                ipset add peers 192.0.2.1
                iptables-legacy -A INPUT -m set --match-set peers src -j DROP
                nft add table inet t
                nft add set inet t s '{ type ipv4_addr; flags interval; }'
                nft add chain inet t c '{ type filter hook input priority 0; }'
                nft add rule inet t c ip saddr @s ct state new limit rate 5/second counter log drop
                nft add chain inet t n '{ type nat hook postrouting priority 100; }'
                nft add rule inet t n masquerade
                echo as many connections as on a host
                test $(cat /proc/sys/net/netfilter/nf_conntrack_max) -ge 262144
                """);
    }

    @Test
    void aVpnsSideCarMakesItsInterfaces() {
        var pod = privilegedPod();
        var vpn = withRights(pod, "NET_ADMIN");
        assertThat(
                        script(
                                        pod,
                                        vpn,
                                        """
                                        umask 077
                                        ip link add dev wg0 type wireguard
                                        wg genkey > /tmp/key
                                        wg set wg0 listen-port 51820 private-key /tmp/key \\
                                          peer "$(wg genkey | wg pubkey)" allowed-ips 10.9.0.0/24
                                        ip address add 10.9.0.1/24 dev wg0
                                        ip link set wg0 up
                                        ip link add dummy0 type dummy
                                        ip link add ifb0 type ifb
                                        ip link add br0 type bridge
                                        ip link add v0 type veth peer name v1
                                        ip link set v1 master br0
                                        ip link add vx0 type vxlan id 7 dstport 4789 local 127.0.0.1
                                        ip link add mv0 link dummy0 type macvlan mode bridge
                                        ip link add iv0 link v0 type ipvlan mode l2
                                        ip link add vl0 link dummy0 type vlan id 5
                                        mkdir /dev/net; mknod /dev/net/tun c 10 200
                                        ip tuntap add tap7 mode tap
                                        ip link show wg0 | grep -o 'state [A-Z]*'
                                        wg show wg0 listen-port
                                        """)
                                .out())
                .endsWith("51820\n");
    }

    /** A host's modules would fit its own kernel only. */
    @Test
    void theHostsDirectoryOfModulesIsThatOfTheGuestsKernel() {
        var pod = privilegedPod();
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(
                                            Objects.requireNonNull(programs).addTo(config),
                                            Path.of("/lib/modules"),
                                            "/lib/modules",
                                            true);
                                    return privileged(config);
                                }));
        assertThat(
                        script(
                                        pod,
                                        container,
                                        "/usr/sbin/modprobe -v sctp && grep -c '^sctp ' /proc/modules")
                                .out())
                .contains("sctp.ko")
                .endsWith("1\n");
    }

    private static final String ISTIO =
            """
            iptables -t nat -N ISTIO_INBOUND
            iptables -t nat -N ISTIO_REDIRECT
            iptables -t nat -N ISTIO_IN_REDIRECT
            iptables -t nat -N ISTIO_OUTPUT
            iptables -t nat -A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN
            iptables -t nat -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
            iptables -t nat -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
            iptables -t nat -A PREROUTING -p tcp -j ISTIO_INBOUND
            iptables -t nat -A ISTIO_INBOUND -p tcp --dport 22 -j RETURN
            iptables -t nat -A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
            iptables -t nat -A OUTPUT -p tcp -j ISTIO_OUTPUT
            iptables -t nat -A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN
            iptables -t nat -A ISTIO_OUTPUT -o lo ! -d 127.0.0.1/32 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
            iptables -t nat -A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
            iptables -t nat -A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
            iptables -t nat -A ISTIO_OUTPUT -j ISTIO_REDIRECT
            iptables -t nat -A POSTROUTING -s 10.77.0.0/16 -j MASQUERADE
            iptables -t mangle -N ISTIO_DIVERT
            iptables -t mangle -N ISTIO_TPROXY
            iptables -t mangle -A ISTIO_DIVERT -j MARK --set-mark 1337
            iptables -t mangle -A ISTIO_DIVERT -j ACCEPT
            iptables -t mangle -A ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15006
            iptables -t mangle -A PREROUTING -p tcp -m mark --mark 1337 -j CONNMARK --save-mark
            iptables -t mangle -A PREROUTING -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT
            iptables -t mangle -A PREROUTING -p tcp -m socket -j ISTIO_DIVERT
            iptables -t filter -A INPUT -p udp -m multiport --dports 53,853 -m comment --comment dns -j ACCEPT
            iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --zone 1
            iptables -t nat -S
            iptables -t mangle -S
            """;

    /** Its containers have the rights that each is given. */
    private Pod privilegedPod() {
        return sharedPod(
                config ->
                        config.setLinux(
                                LinuxPodSandboxConfig.newBuilder()
                                        .setSecurityContext(
                                                LinuxSandboxSecurityContext.newBuilder()
                                                        .setPrivileged(true))));
    }

    private String withRights(Pod pod, String... capabilities) {
        return pod.start(
                pod.create(
                        "main",
                        config ->
                                Objects.requireNonNull(programs)
                                        .addTo(config)
                                        .addCommand("sh")
                                        .addArgs("-c")
                                        .addArgs(Pod.IDLE)
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setSecurityContext(
                                                                LinuxContainerSecurityContext
                                                                        .newBuilder()
                                                                        .setCapabilities(
                                                                                Capability
                                                                                        .newBuilder()
                                                                                        .addAllAddCapabilities(
                                                                                                List
                                                                                                        .of(
                                                                                                                capabilities)))))));
    }

    private static ContainerConfig.Builder privileged(ContainerConfig.Builder config) {
        return config.addCommand("sh")
                .addArgs("-c")
                .addArgs(Pod.IDLE)
                .setLinux(
                        LinuxContainerConfig.newBuilder()
                                .setSecurityContext(
                                        LinuxContainerSecurityContext.newBuilder()
                                                .setPrivileged(true)));
    }

    /** Runs a script that must not write to its standard error. */
    private static Ran script(Pod pod, String container, String text) {
        var ran =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        "export PATH=/usr/sbin:/bin; exec 2>&1; set -e; ip() { /usr/sbin/ip \"$@\"; }\n"
                                + text);
        assertThat(ran.status()).as("%s", ran.out()).isZero();
        return ran;
    }
}
