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
        return list("ptp", "{\"type\": \"ptp\", \"ipam\": %s}".formatted(hostLocal(subnet)));
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
            """
            #!/bin/sh
            set -e
            cat >/dev/null
            case $CNI_COMMAND in
            ADD)
              in="nsenter --net=$CNI_NETNS"
              $in ip link add "$CNI_IFNAME" type bridge
              $in ip link set "$CNI_IFNAME" up
              $in ip addr add 10.88.98.2/24 dev "$CNI_IFNAME"
              cat <<END
            {"cniVersion": "0.4.0", "interfaces": [{"name": "$CNI_IFNAME", "sandbox": "$CNI_NETNS"}],
             "ips": [{"version": "4", "address": "10.88.98.2/24", "interface": 0}]}
            END
              ;;
            VERSION) echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}' ;;
            esac
            """;

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
