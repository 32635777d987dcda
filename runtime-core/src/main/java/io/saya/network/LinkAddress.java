package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.Attributes;
import io.saya.network.netlink.NetlinkMessage;

/**
 * An address of an interface.
 *
 * @param link index of the interface
 * @param message as the kernel told it: what brings the address back
 */
record LinkAddress(
        int link, boolean v6, String address, int prefixLength, int flags, NetlinkMessage message) {

    static LinkAddress parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(ADDRESS_HEADER);
        // A point-to-point link has its own address in LOCAL and the peer's in ADDRESS.
        byte[] bytes = attributes.bytes(attributes.has(IFA_LOCAL) ? IFA_LOCAL : IFA_ADDRESS);
        return new LinkAddress(
                message.u32(4),
                message.u8(0) == AF_INET6,
                IpText.of(bytes),
                message.u8(1),
                attributes.u32(IFA_FLAGS, message.u8(2)),
                message);
    }

    /** True if somebody else has the same address. */
    boolean duplicate() {
        return (flags & IFA_F_DADFAILED) != 0;
    }
}
