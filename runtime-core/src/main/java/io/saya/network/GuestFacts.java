package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes of what a namespace has what the guest is told. */
final class GuestFacts {
    private final NamespaceSnapshot snapshot;
    private final boolean ipv6;
    private final Map<Integer, String> names = new HashMap<>();

    private GuestFacts(NamespaceSnapshot snapshot, boolean ipv6) {
        this.snapshot = snapshot;
        this.ipv6 = ipv6;
    }

    /**
     * Returns what the guest is told of these interfaces.
     *
     * @param ipv6 whether the guest's kernel speaks IPv6
     */
    static GuestNetwork of(NamespaceSnapshot snapshot, List<Link> links, boolean ipv6) {
        GuestFacts facts = new GuestFacts(snapshot, ipv6);
        List<GuestNetwork.Interface> interfaces = new ArrayList<>();
        for (Link link : links) {
            facts.names.put(link.index(), link.name());
            interfaces.add(facts.interfaceOf(link));
        }
        List<GuestNetwork.Route> routes = facts.routes();
        return new GuestNetwork(interfaces, routes, facts.neighbors());
    }

    private GuestNetwork.Interface interfaceOf(Link link) {
        List<GuestNetwork.Address> addresses = new ArrayList<>();
        for (LinkAddress address : snapshot.addressesOf(link)) {
            if (told(address.v6()) && !address.duplicate()) {
                addresses.add(
                        new GuestNetwork.Address(
                                address.v6(), address.address(), address.prefixLength()));
            }
        }
        return new GuestNetwork.Interface(
                link.name(), link.mac(), link.mtu(), link.kind(), link.noArp(), "", addresses);
    }

    /**
     * Sorts routes on the link first: a gateway must be reachable before a route can go through it.
     */
    private List<GuestNetwork.Route> routes() {
        List<GuestNetwork.Route> onLink = new ArrayList<>();
        List<GuestNetwork.Route> byGateway = new ArrayList<>();
        for (LinkRoute route : snapshot.routes()) {
            String device = names.get(route.link());
            if (device == null || route.madeByKernel() || !told(route.v6())) {
                continue;
            }
            GuestNetwork.Route told =
                    new GuestNetwork.Route(
                            route.v6(),
                            route.destination(),
                            new GuestNetwork.Hop(
                                    route.gateway(),
                                    device,
                                    route.hop().source(),
                                    route.hop().scope()),
                            route.flags() & RTNH_F_ONLINK,
                            route.metrics());
            (route.gateway().isEmpty() ? onLink : byGateway).add(told);
        }
        onLink.addAll(byGateway);
        return onLink;
    }

    private List<GuestNetwork.Neighbor> neighbors() {
        List<GuestNetwork.Neighbor> told = new ArrayList<>();
        for (LinkNeighbor neighbor : snapshot.neighbors()) {
            String device = names.get(neighbor.link());
            if (device == null || !told(neighbor.v6())) {
                continue;
            }
            if (neighbor.permanent()) {
                told.add(tell(neighbor, device, neighbor.state()));
            } else if (neighbor.known() && isDefaultGateway(neighbor)) {
                told.add(tell(neighbor, device, NUD_REACHABLE));
            }
        }
        return told;
    }

    private static GuestNetwork.Neighbor tell(LinkNeighbor neighbor, String device, int state) {
        return new GuestNetwork.Neighbor(
                neighbor.v6(), neighbor.address(), device, neighbor.mac(), state, neighbor.flags());
    }

    private boolean isDefaultGateway(LinkNeighbor neighbor) {
        for (LinkRoute route : snapshot.routes()) {
            if (route.isDefault()
                    && route.link() == neighbor.link()
                    && route.gateway().equals(neighbor.address())) {
                return true;
            }
        }
        return false;
    }

    private boolean told(boolean v6) {
        return ipv6 || !v6;
    }
}
