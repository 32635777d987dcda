package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetlinkMessage;
import io.saya.network.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * All that a network namespace has, read in one exchange.
 *
 * @param routes of the main table
 * @param otherRoutes of tables that rules choose
 * @param queues disciplines that somebody has set, none of the kernel's own
 */
record NamespaceSnapshot(
        List<Link> links,
        List<LinkAddress> addresses,
        List<LinkRoute> routes,
        List<LinkRoute> otherRoutes,
        List<LinkNeighbor> neighbors,
        List<LinkQueue> queues) {

    static NamespaceSnapshot read(NetworkNamespace namespace) throws IOException {
        NetlinkBatch batch = new NetlinkBatch();
        byte[] anyLink = new byte[LINK_HEADER];
        byte[] anyAddress = new byte[ADDRESS_HEADER];
        byte[] anyRoute = new byte[ROUTE_HEADER];
        byte[] anyNeighbor = new byte[NEIGHBOR_HEADER];
        byte[] anyQueue = new byte[QDISC_HEADER];
        batch.begin(GET_LINK, DUMP, "list of interfaces").raw(anyLink);
        batch.begin(GET_ADDRESS, DUMP, "list of addresses").raw(anyAddress);
        batch.begin(GET_ROUTE, DUMP, "list of routes").raw(anyRoute);
        batch.begin(GET_NEIGHBOR, DUMP, "list of neighbours").raw(anyNeighbor);
        batch.begin(GET_QDISC, DUMP, "list of qdiscs").raw(anyQueue);
        return of(namespace.exchange(batch));
    }

    static NamespaceSnapshot of(List<NetlinkMessage> messages) {
        NamespaceSnapshot snapshot =
                new NamespaceSnapshot(
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>());
        for (NetlinkMessage message : messages) {
            snapshot.add(message);
        }
        return snapshot;
    }

    private void add(NetlinkMessage message) {
        switch (message.type()) {
            case NEW_LINK -> links.add(Link.parse(message));
            case NEW_ADDRESS -> addresses.add(LinkAddress.parse(message));
            case NEW_ROUTE -> {
                switch (LinkRoute.tableOf(message)) {
                    case RT_TABLE_UNSPEC, RT_TABLE_LOCAL -> {
                        // The kernel makes them by itself.
                    }
                    case RT_TABLE_MAIN -> routes.add(LinkRoute.parse(message));
                    default -> otherRoutes.add(LinkRoute.parse(message));
                }
            }
            case NEW_NEIGHBOR -> neighbors.add(LinkNeighbor.parse(message));
            case NEW_QDISC -> {
                LinkQueue queue = LinkQueue.parse(message);
                if (!queue.madeByKernel()) {
                    queues.add(queue);
                }
            }
            default -> {
                // Nothing else was asked for.
            }
        }
    }

    /** The addresses of an interface. */
    List<LinkAddress> addressesOf(Link link) {
        List<LinkAddress> found = new ArrayList<>();
        for (LinkAddress address : addresses) {
            if (address.link() == link.index()) {
                found.add(address);
            }
        }
        return found;
    }
}
