package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.NetlinkMessage;

/**
 * A queueing discipline of an interface.
 *
 * @param link index of the interface
 * @param kind {@code ingress}, {@code clsact}, {@code tbf}, ...
 */
record LinkQueue(int link, int handle, int parent, String kind) {

    static LinkQueue parse(NetlinkMessage message) {
        return new LinkQueue(
                message.u32(4),
                message.u32(8),
                message.u32(12),
                message.attributes(QDISC_HEADER).text(TCA_KIND));
    }

    /** True if the kernel has put it there by itself, and takes another in its place. */
    boolean madeByKernel() {
        return handle == 0;
    }

    /** True if what comes in goes through it, and not what goes out. */
    boolean ingress() {
        return parent == TC_H_INGRESS;
    }
}
