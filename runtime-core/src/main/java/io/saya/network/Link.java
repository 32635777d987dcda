package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.Attributes;
import io.saya.network.netlink.NetlinkMessage;

/**
 * A network interface of the pod's namespace, as the kernel describes it.
 *
 * @param index of the interface in its namespace
 * @param kind {@code veth}, {@code macvlan}, ...; empty for hardware and the like
 * @param bus of the hardware behind it, {@code pci} or {@code virtio}; empty: none, or a kernel
 *     older than 5.14
 * @param device of the hardware on its bus, {@code 0000:00:03.0}
 * @param mac {@code 02:00:00:00:00:01}; empty for links without addresses
 * @param hardwareType ARPHRD number
 * @param flags IFF bits
 * @param ipv6 whether the kernel speaks IPv6 there
 * @param tap of kind {@code tun}: whether it carries Ethernet frames
 */
record Link(
        int index,
        String name,
        String kind,
        String bus,
        String device,
        String mac,
        int mtu,
        int hardwareType,
        int flags,
        boolean ipv6,
        boolean tap) {

    static Link parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(LINK_HEADER);
        Attributes info = attributes.nested(IFLA_LINKINFO);
        return new Link(
                message.u32(4),
                attributes.text(IFLA_IFNAME),
                info.text(IFLA_INFO_KIND),
                attributes.text(IFLA_PARENT_DEV_BUS_NAME),
                attributes.text(IFLA_PARENT_DEV_NAME),
                IpText.mac(attributes.bytes(IFLA_ADDRESS)),
                attributes.u32(IFLA_MTU, 0),
                message.u16(2),
                message.u32(8),
                attributes.nested(IFLA_AF_SPEC).has(AF_INET6),
                info.nested(IFLA_INFO_DATA).u8(IFLA_TUN_TYPE, 0) == TUN_TYPE_TAP);
    }

    boolean loopback() {
        return (flags & IFF_LOOPBACK) != 0;
    }

    boolean up() {
        return (flags & IFF_UP) != 0;
    }

    boolean noArp() {
        return (flags & IFF_NOARP) != 0;
    }
}
