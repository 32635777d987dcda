package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.NetlinkBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What an interface loses with its addresses and its MAC address, and what brings it back.
 *
 * @param routes those that the kernel does not make with the addresses, of all tables, in the order
 *     in which they can be made
 * @param neighbors those that somebody has entered; a change of the MAC address drops them
 */
record LinkState(
        Link link,
        List<LinkAddress> addresses,
        List<LinkRoute> routes,
        List<LinkNeighbor> neighbors) {

    /** Reads the state of an interface from a snapshot. */
    static LinkState of(Link link, NamespaceSnapshot snapshot) {
        List<LinkRoute> routes = new ArrayList<>();
        List<LinkRoute> byGateway = new ArrayList<>();
        addRoutes(link, snapshot.routes(), routes, byGateway);
        addRoutes(link, snapshot.otherRoutes(), routes, byGateway);
        routes.addAll(byGateway);
        List<LinkNeighbor> neighbors = new ArrayList<>();
        for (LinkNeighbor neighbor : snapshot.neighbors()) {
            if (neighbor.link() == link.index() && neighbor.permanent()) {
                neighbors.add(neighbor);
            }
        }
        return new LinkState(link, snapshot.addressesOf(link), routes, neighbors);
    }

    /** A gateway must be reachable before a route can go through it. */
    private static void addRoutes(
            Link link, List<LinkRoute> from, List<LinkRoute> onLink, List<LinkRoute> byGateway) {
        for (LinkRoute route : from) {
            if (route.link() == link.index() && !route.madeByKernel()) {
                (route.gateway().isEmpty() ? onLink : byGateway).add(route);
            }
        }
    }

    /** Returns one batch for each message, to be sent whatever became of the others. */
    List<NetlinkBatch> messages() {
        List<NetlinkBatch> batches = new ArrayList<>();
        NetlinkBatch mac = new NetlinkBatch();
        TrafficControl.link(mac, link, 0, 0, "MAC address of " + link.name())
                .attribute(IFLA_ADDRESS, macBytes(link.mac()));
        batches.add(mac);
        for (LinkAddress address : addresses) {
            batches.add(bringBack(NEW_ADDRESS, address.address(), address.message().bytes()));
        }
        for (LinkRoute route : routes) {
            byte[] message = route.message().bytes();
            // The others say what became of the next hop; the kernel refuses to be told.
            ByteBuffer.wrap(message)
                    .order(ByteOrder.nativeOrder())
                    .putInt(8, route.flags() & RTNH_F_ONLINK);
            batches.add(
                    bringBack(
                            NEW_ROUTE,
                            "the route to " + (route.isDefault() ? "all" : route.destination()),
                            message));
        }
        for (LinkNeighbor neighbor : neighbors) {
            batches.add(
                    bringBack(
                            NEW_NEIGHBOR,
                            "neighbour " + neighbor.address(),
                            neighbor.message().bytes()));
        }
        return batches;
    }

    /** Returns these messages for those who send them after a crash. */
    NetworkRecord.Restore toRestore() {
        StringBuilder all = new StringBuilder();
        for (NetlinkBatch batch : messages()) {
            HexFormat.of().formatHex(all, batch.bytes());
        }
        return new NetworkRecord.Restore(link.name(), link.index(), all.toString());
    }

    private NetlinkBatch bringBack(int type, String what, byte[] body) {
        return new NetlinkBatch()
                .begin(type, ACK | CREATE | REPLACE, "return of " + what + " to " + link.name())
                .raw(body);
    }

    static byte[] macBytes(String mac) {
        byte[] bytes = new byte[mac.length() / 3 + 1];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(mac.substring(3 * i, 3 * i + 2), 16);
        }
        return bytes;
    }
}
