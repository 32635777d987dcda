package io.saya.network;

import java.util.List;

/**
 * What the guest is told of its network
 * (runtime-core/kata.md#what-the-guest-is-told-of-its-network).
 *
 * @param interfaces the cards, found by their MAC addresses
 * @param routes those that the guest's kernel does not make by itself, in the order in which they
 *     can be made
 * @param neighbors hardware addresses that the guest need not or cannot find out
 */
public record GuestNetwork(
        List<Interface> interfaces, List<Route> routes, List<Neighbor> neighbors) {

    /** No network. */
    public static final GuestNetwork NONE = new GuestNetwork(List.of(), List.of(), List.of());

    public GuestNetwork {
        interfaces = List.copyOf(interfaces);
        routes = List.copyOf(routes);
        neighbors = List.copyOf(neighbors);
    }

    /**
     * A card.
     *
     * @param name of the interface on the host, and then in the guest
     * @param mac finds the card in the guest
     * @param kind of the interface on the host
     * @param devicePath PCI path of a card that was plugged later, {@code 02/01}; else empty
     */
    public record Interface(
            String name,
            String mac,
            int mtu,
            String kind,
            boolean noArp,
            String devicePath,
            List<Address> addresses) {

        public Interface {
            addresses = List.copyOf(addresses);
        }

        /** Returns this interface on a card that was plugged at a place of the guest's PCI bus. */
        public Interface at(String pciPath) {
            return new Interface(name, mac, mtu, kind, noArp, pciPath, addresses);
        }
    }

    /** An address with the length of its network's prefix. */
    public record Address(boolean v6, String address, int prefixLength) {}

    /**
     * A route.
     *
     * @param destination {@code 10.0.0.0/8}; empty: the default route
     * @param hop where it leads
     * @param flags rtnetlink's RTNH_F bits
     * @param metrics how it is to be used
     */
    public record Route(boolean v6, String destination, Hop hop, int flags, RouteMetrics metrics) {}

    /**
     * The next hop of a route.
     *
     * @param gateway empty: on the link
     * @param device name of the interface
     * @param source preferred source address; may be empty
     * @param scope rtnetlink's number
     */
    public record Hop(String gateway, String device, String source, int scope) {}

    /**
     * A neighbour.
     *
     * @param state rtnetlink's NUD bits
     * @param flags rtnetlink's NTF bits
     */
    public record Neighbor(
            boolean v6, String address, String device, String mac, int state, int flags) {}
}
