package io.saya.network;

import java.util.List;

/** Makes what a guest that runs is told of interfaces that have come. */
final class LateFacts {
    private static final String LINK_LOCAL = "fe80:";

    private LateFacts() {}

    /**
     * Makes a namespace look as it will a second later as well: addresses that the kernel makes by
     * itself come and change while an interface starts. The guest makes its own, of the same MAC
     * address.
     */
    static void removeLinkLocal(NamespaceSnapshot snapshot) {
        snapshot.addresses().removeIf(address -> address.address().startsWith(LINK_LOCAL));
    }

    /** Returns what the guest is told of an interface alone. */
    static GuestNetwork.Interface of(
            NamespaceSnapshot snapshot, Link link, NetworkSettings settings, String path) {
        return GuestFacts.of(snapshot, List.of(link), settings.ipv6())
                .interfaces()
                .getFirst()
                .at(path);
    }

    /** Returns what the guest is told of the interfaces' routes and neighbours. */
    static GuestNetwork routes(
            NamespaceSnapshot snapshot, List<Link> links, NetworkSettings settings) {
        GuestNetwork all = GuestFacts.of(snapshot, links, settings.ipv6());
        return new GuestNetwork(List.of(), all.routes(), all.neighbors());
    }
}
