package io.saya.test.cri;

/** CNI network configurations; {@code %s} in one is a directory for its data. */
final class Networks {
    private Networks() {}

    /** A bridge that routes, with an address of each family for each pod. */
    static String bridge(String name, int subnet, int mtu) {
        return list(
                name,
                """
                {"type": "bridge", "bridge": "%s", "isGateway": true, "hairpinMode": true, "mtu": %d, "ipam": %s}
                """
                        .formatted(name, mtu, hostLocal(subnet)));
    }

    /** A pair whose other end routes. */
    static String pointToPoint(int subnet) {
        return list(
                "ptp",
                "{\"type\": \"ptp\", \"mtu\": 1420, \"ipam\": %s}".formatted(hostLocal(subnet)));
    }

    /** An interface of the kind on top of one that the tests have made. */
    static String above(String kind, String master, int subnet) {
        var extra = kind.equals("vlan") ? ", \"vlanId\": 7" : "";
        return list(
                kind,
                "{\"type\": \"%s\", \"master\": \"%s\"%s, \"ipam\": %s}"
                        .formatted(kind, master, extra, hostLocal(subnet)));
    }

    /** A network that then has its IPv6 switched off. */
    static String withoutIpv6(int subnet) {
        return list(
                "v4only",
                """
                {"type": "bridge", "bridge": "v4only", "isGateway": true, "ipam":
                  {"type": "host-local", "dataDir": "%%s", "ranges": [[{"subnet": "10.88.%d.0/24"}]]}},
                {"type": "tuning", "sysctl": {"net.ipv6.conf.all.disable_ipv6": "1"}}
                """
                        .formatted(subnet));
    }

    /** A network of a plug-in that comes as a script. */
    static String script(String type) {
        return list(type, "{\"type\": \"%s\"}".formatted(type));
    }

    /**
     * What Calico does: an address with nothing around it, a gateway 169.254.1.1 that is nowhere,
     * and a host that answers for it by proxy ARP. The pod has the address 10.88.99.2.
     */
    static final String CALICO =
            """
            #!/bin/sh
            set -e
            cat >/dev/null
            host=cali$(printf %s "$CNI_CONTAINERID" | cut -c1-8)
            case $CNI_COMMAND in
            ADD)
              name=$(basename "$CNI_NETNS")
              exec 3>&1 >/dev/null
              nsenter --net="$CNI_NETNS" ip link add "$CNI_IFNAME" mtu 1440 type veth peer name "$host"
              nsenter --net="$CNI_NETNS" ip link set "$host" netns $$
              ip link set "$host" up
              echo 1 > /proc/sys/net/ipv4/conf/$host/proxy_arp
              echo 0 > /proc/sys/net/ipv4/neigh/$host/proxy_delay
              echo 1 > /proc/sys/net/ipv4/conf/$host/forwarding
              ip route add 10.88.99.2/32 dev "$host"
              in="nsenter --net=$CNI_NETNS"
              $in ip link set "$CNI_IFNAME" up
              $in ip addr add 10.88.99.2/32 dev "$CNI_IFNAME"
              $in ip route add 169.254.1.1 dev "$CNI_IFNAME" scope link
              $in ip route add default via 169.254.1.1 dev "$CNI_IFNAME"
              cat >&3 <<END
            {"cniVersion": "0.4.0", "interfaces": [{"name": "$CNI_IFNAME", "sandbox": "$CNI_NETNS"}],
             "ips": [{"version": "4", "address": "10.88.99.2/32", "interface": 0}]}
            END
              ;;
            DEL) ip link del "$host" 2>/dev/null || true ;;
            VERSION) echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}' ;;
            esac
            """;

    /** Gives a pod an interface of a kind that no VM can have. */
    static final String UNSUPPORTED =
            plugin(
                    "10.88.98.2/24",
                    """
                    $in ip link add "$CNI_IFNAME" type bridge
                    $in ip link set "$CNI_IFNAME" up
                    $in ip addr add 10.88.98.2/24 dev "$CNI_IFNAME"
                    """,
                    "");

    /**
     * Gives a pod a macvtap on top of {@code up0}, with 10.88.97.2; and where a file {@code
     * with-tap} is beside this script, a tap that nobody has open, with 10.88.96.2.
     */
    static final String MACVTAP =
            plugin(
                    "10.88.97.2/24",
                    """
                    ip link add link up0 name made0 type macvtap mode bridge
                    ip link set made0 netns "$CNI_NETNS"
                    $in ip link set made0 name "$CNI_IFNAME" mtu 1480
                    $in ip link set "$CNI_IFNAME" up
                    $in ip addr add 10.88.97.2/24 dev "$CNI_IFNAME"
                    if [ -e "$(dirname "$0")/with-tap" ]; then
                      $in ip tuntap add tap5 mode tap
                      $in ip link set tap5 address 02:00:00:88:96:02 mtu 1380 up
                      $in ip addr add 10.88.96.2/24 dev tap5
                    fi
                    """,
                    "");

    /**
     * Gives a pod everything that a guest can be told: a MAC of its own, addresses of both
     * families, an on-link gateway, routes with MTU, metric, source and scope, permanent
     * neighbours.
     */
    static final String EVERYTHING =
            plugin(
                    "10.88.95.2/24",
                    """
                    ip link add all0 type veth peer name "$CNI_IFNAME" netns "$CNI_NETNS"
                    ip link set all0 address 02:00:00:88:95:01 up
                    $in ip link set "$CNI_IFNAME" address 02:00:00:88:95:02 mtu 1480 up
                    $in ip addr add 10.88.95.2/24 dev "$CNI_IFNAME"
                    $in ip addr add 10.88.94.2/32 dev "$CNI_IFNAME"
                    $in ip addr add fd88:95::2/64 dev "$CNI_IFNAME" nodad
                    $in ip route add default via 169.254.1.1 dev "$CNI_IFNAME" onlink mtu 1400 metric 50
                    $in ip route add default via 10.88.95.1 dev "$CNI_IFNAME" metric 100
                    $in ip route add 10.93.0.0/16 via 10.88.95.1 dev "$CNI_IFNAME" src 10.88.94.2 mtu 1300
                    $in ip route add 10.92.0.0/16 dev "$CNI_IFNAME" scope link src 10.88.95.2
                    $in ip route add 10.91.0.1/32 dev "$CNI_IFNAME" scope global metric 7
                    $in ip route add default via fd88:95::1 dev "$CNI_IFNAME" mtu 1280 metric 60
                    $in ip route add fd88:94::/64 via fe80::1 dev "$CNI_IFNAME" src fd88:95::2
                    $in ip neigh add 169.254.1.1 lladdr 02:00:00:88:95:01 nud permanent dev "$CNI_IFNAME"
                    $in ip neigh add 10.88.95.9 lladdr 02:00:00:88:95:09 nud permanent dev "$CNI_IFNAME"
                    $in ip neigh add fd88:95::1 lladdr 02:00:00:88:95:01 nud permanent dev "$CNI_IFNAME"
                    """,
                    "ip link del all0 2>/dev/null || true");

    /**
     * A plug-in as a script; {@code $in} runs a command in the pod's namespace.
     *
     * @param address what it says that {@code eth0} has
     */
    private static String plugin(String address, String add, String delete) {
        return """
               #!/bin/sh
               set -e
               cat >/dev/null
               in="nsenter --net=$CNI_NETNS"
               case $CNI_COMMAND in
               ADD)
               %s
               cat <<END
               {"cniVersion": "0.4.0", "interfaces": [{"name": "$CNI_IFNAME", "sandbox": "$CNI_NETNS"}],
                "ips": [{"version": "4", "address": "%s", "interface": 0}]}
               END
               ;;
               DEL) %s
               ;;
               VERSION) echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}' ;;
               esac
               """
                .formatted(add, address, delete);
    }

    private static String hostLocal(int subnet) {
        return """
               {"type": "host-local", "dataDir": "%%s",
                "ranges": [[{"subnet": "10.88.%1$d.0/24"}], [{"subnet": "fd88:%1$d::/64"}]],
                "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}"""
                .formatted(subnet);
    }

    private static String list(String name, String plugins) {
        return """
               {"cniVersion": "0.4.0", "name": "%s", "plugins": [%s]}
               """
                .formatted(name, plugins);
    }
}
