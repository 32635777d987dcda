package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.Attributes;
import io.saya.network.netlink.NetlinkMessage;

/**
 * A network interface of the pod's namespace, as the kernel describes it.
 *
 * @param index of the interface in its namespace
 * @param driver what makes it
 * @param hardware what is behind it
 * @param layer what it carries
 * @param flags IFF bits
 * @param ipv6 whether the kernel speaks IPv6 there
 */
record Link(
        int index,
        String name,
        Driver driver,
        Hardware hardware,
        Layer layer,
        int flags,
        boolean ipv6) {

    /**
     * What makes a link.
     *
     * @param kind {@code veth}, {@code macvlan}, ...; empty for hardware and the like
     * @param tap of kind {@code tun}: whether it carries Ethernet frames
     */
    record Driver(String kind, boolean tap) {}

    /**
     * The hardware behind a link.
     *
     * @param bus {@code pci} or {@code virtio}; empty: none, or a kernel older than 5.14
     * @param device on its bus, {@code 0000:00:03.0}
     */
    record Hardware(String bus, String device) {

        /** No hardware, or none that the kernel tells of. */
        static final Hardware NONE = new Hardware("", "");
    }

    /**
     * The link layer.
     *
     * @param type ARPHRD number
     * @param mac {@code 02:00:00:00:00:01}; empty for links without addresses
     */
    record Layer(int type, String mac, int mtu) {}

    static Link parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(LINK_HEADER);
        Attributes info = attributes.nested(IFLA_LINKINFO);
        return new Link(
                message.u32(4),
                attributes.text(IFLA_IFNAME),
                new Driver(
                        info.text(IFLA_INFO_KIND),
                        info.nested(IFLA_INFO_DATA).u8(IFLA_TUN_TYPE, 0) == TUN_TYPE_TAP),
                new Hardware(
                        attributes.text(IFLA_PARENT_DEV_BUS_NAME),
                        attributes.text(IFLA_PARENT_DEV_NAME)),
                new Layer(
                        message.u16(2),
                        IpText.mac(attributes.bytes(IFLA_ADDRESS)),
                        attributes.u32(IFLA_MTU, 0)),
                message.u32(8),
                attributes.nested(IFLA_AF_SPEC).has(AF_INET6));
    }

    String kind() {
        return driver.kind();
    }

    String mac() {
        return layer.mac();
    }

    int mtu() {
        return layer.mtu();
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
