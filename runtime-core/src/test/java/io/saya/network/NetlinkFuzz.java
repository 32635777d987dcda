package io.saya.network;

import io.saya.network.netlink.NetlinkMessage;

/** The kernel's answers, as the guard passes them on. */
public final class NetlinkFuzz {
    private NetlinkFuzz() {}

    /** Reads all as answers to the question for everything. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            NamespaceSnapshot snapshot = NamespaceSnapshot.of(NetlinkMessage.parse(input));
            for (Link link : snapshot.links()) {
                LinkState.of(link, snapshot);
            }
        } catch (IllegalArgumentException _) {
            // No row of whole messages.
        }
    }
}
