package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.Attributes;
import io.saya.network.netlink.NetlinkMessage;

/**
 * A route of the main table to one next hop.
 *
 * @param destination {@code 10.0.0.0/8}; empty: the default route
 * @param hop where it leads
 * @param protocol rtnetlink's number of what made it
 * @param flags rtnetlink's RTNH_F bits
 * @param metrics how it is to be used
 * @param message as the kernel told it: what brings the route back
 */
record LinkRoute(
        boolean v6,
        String destination,
        Hop hop,
        int protocol,
        int flags,
        RouteMetrics metrics,
        NetlinkMessage message) {

    /**
     * The next hop.
     *
     * @param gateway empty: on the link
     * @param link index of the interface; 0: none, or several
     * @param source preferred source address; may be empty
     * @param scope rtnetlink's number
     */
    record Hop(String gateway, int link, String source, int scope) {}

    static LinkRoute parse(NetlinkMessage message) {
        Attributes attributes = message.attributes(ROUTE_HEADER);
        int length = message.u8(1);
        return new LinkRoute(
                message.u8(0) == AF_INET6,
                length == 0 ? "" : IpText.of(attributes.bytes(RTA_DST)) + "/" + length,
                new Hop(
                        IpText.of(attributes.bytes(RTA_GATEWAY)),
                        attributes.u32(RTA_OIF, 0),
                        IpText.of(attributes.bytes(RTA_PREFSRC)),
                        message.u8(6)),
                message.u8(5),
                message.u32(8),
                new RouteMetrics(
                        attributes.nested(RTA_METRICS).u32(RTAX_MTU, 0),
                        attributes.u32(RTA_PRIORITY, 0)),
                message);
    }

    int link() {
        return hop.link();
    }

    String gateway() {
        return hop.gateway();
    }

    /**
     * The table of a message's route; {@link io.saya.network.netlink.Rtnetlink#RT_TABLE_UNSPEC} if
     * it is not of this kind, but for instance of a cache.
     */
    static int tableOf(NetlinkMessage message) {
        int family = message.u8(0);
        return (family == AF_INET || family == AF_INET6)
                        && message.u8(7) == RTN_UNICAST
                        && (message.u32(8) & RTM_F_CLONED) == 0
                ? message.attributes(ROUTE_HEADER).u32(RTA_TABLE, message.u8(4))
                : RT_TABLE_UNSPEC;
    }

    /** True if the kernel makes it by itself where the address is. */
    boolean madeByKernel() {
        return protocol == RTPROT_KERNEL;
    }

    boolean isDefault() {
        return destination.isEmpty();
    }
}
