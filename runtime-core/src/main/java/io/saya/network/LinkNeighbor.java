package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.Attributes;
import io.saya.network.netlink.NetlinkMessage;

/**
 * What the kernel knows of a neighbour's hardware address.
 *
 * @param link index of the interface
 * @param state NUD bits
 * @param message as the kernel told it: what brings the entry back
 */
record LinkNeighbor(
        int link,
        boolean v6,
        String address,
        String mac,
        int state,
        int flags,
        NetlinkMessage message) {
    private static final int KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;

    static LinkNeighbor parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(NEIGHBOR_HEADER);
        return new LinkNeighbor(
                message.u32(4),
                message.u8(0) == AF_INET6,
                IpText.of(attributes.bytes(NDA_DST)),
                IpText.mac(attributes.bytes(NDA_LLADDR)),
                message.u16(8),
                message.u8(10),
                message);
    }

    boolean permanent() {
        return (state & NUD_PERMANENT) != 0;
    }

    /** True if the address was found out, and has not been found wrong. */
    boolean known() {
        return (state & KNOWN) != 0 && !mac.isEmpty();
    }
}
