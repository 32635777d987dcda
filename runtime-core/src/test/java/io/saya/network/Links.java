package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.NetlinkMessage;
import java.nio.ByteBuffer;
import java.util.List;

/** Parts of a namespace, as a kernel would tell of them. */
final class Links {
    private static final NetlinkMessage NO_MESSAGE =
            new NetlinkMessage(0, 0, ByteBuffer.allocate(0));

    private Links() {}

    static Link of(int index, String name, String kind) {
        return new Link(
                index,
                name,
                new Link.Driver(kind, true),
                Link.Hardware.NONE,
                new Link.Layer(ARPHRD_ETHER, "02:00:00:00:00:0" + index, 1500),
                IFF_UP,
                true);
    }

    static LinkAddress address(Link link, String address, int prefixLength) {
        return new LinkAddress(
                link.index(), address.contains(":"), address, prefixLength, 0, NO_MESSAGE);
    }

    static LinkRoute route(Link link, String destination, String gateway, int protocol) {
        return route(link, destination, gateway, protocol, 0, 0);
    }

    static LinkRoute route(
            Link link, String destination, String gateway, int protocol, int mtu, int metric) {
        return route(link, destination, gateway, "", protocol, mtu, metric);
    }

    static LinkRoute route(
            Link link,
            String destination,
            String gateway,
            String source,
            int protocol,
            int mtu,
            int metric) {
        return new LinkRoute(
                (destination + gateway).contains(":"),
                destination,
                new LinkRoute.Hop(gateway, link.index(), source, gateway.isEmpty() ? 253 : 0),
                protocol,
                RTNH_F_ONLINK | 0x10,
                new RouteMetrics(mtu, metric),
                NO_MESSAGE);
    }

    static LinkNeighbor neighbor(Link link, String address, int state) {
        return new LinkNeighbor(
                link.index(),
                address.contains(":"),
                address,
                "ee:ee:ee:ee:ee:ee",
                state,
                0,
                NO_MESSAGE);
    }

    static NamespaceSnapshot snapshot(List<Link> links, List<LinkAddress> addresses) {
        return snapshot(links, addresses, List.of(), List.of());
    }

    static NamespaceSnapshot snapshot(
            List<Link> links,
            List<LinkAddress> addresses,
            List<LinkRoute> routes,
            List<LinkNeighbor> neighbors) {
        return new NamespaceSnapshot(links, addresses, routes, List.of(), neighbors, List.of());
    }
}
