package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.network.netlink.NetlinkBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes the messages that join interfaces. */
final class TrafficControl {
    /** All protocols ({@code ETH_P_ALL}, in network order) at the first priority. */
    private static final int EVERYTHING = 1 << 16 | 0x0300;

    private static final int REDIRECT_BYTES = 28;

    /**
     * What a limited interface may send at once: the largest packet that there is, with headers.
     */
    private static final int LEAST_BURST = 2 * 65_536;

    /** ... or what it may send in so many parts of a second: the kernel's clock ticks. */
    private static final int BURST_PARTS = 100;

    /** What may wait, in parts of a second: 50 ms. */
    private static final int QUEUE_PARTS = 20;

    private TrafficControl() {}

    /** Gives a tap its MTU and lets it run, without addresses of its own. */
    static void bringUp(NetlinkBatch batch, Link tap, int mtu) {
        link(batch, tap, 0, 0, "MTU " + mtu + " of " + tap.name()).attribute(IFLA_MTU, mtu);
        if (tap.ipv6()) {
            // With an address of its own, the host would announce itself to the guest.
            int families = batch.beginNest(IFLA_AF_SPEC);
            int inet6 = batch.beginNest(AF_INET6);
            batch.attribute(IFLA_INET6_ADDR_GEN_MODE, new byte[] {IN6_ADDR_GEN_MODE_NONE});
            batch.endNest(inet6).endNest(families);
        }
        link(batch, tap, IFF_UP, IFF_UP, "start of " + tap.name());
    }

    /** Begins a change of an interface; attributes may follow. */
    static NetlinkBatch link(NetlinkBatch batch, Link link, int flags, int mask, String operation) {
        return batch.begin(NEW_LINK, ACK, operation)
                .u32(AF_UNSPEC)
                .u32(link.index())
                .u32(flags)
                .u32(mask);
    }

    /** Makes it possible to filter what comes in at the interface. */
    static void addIngress(NetlinkBatch batch, Link link) {
        batch.begin(NEW_QDISC, ACK | CREATE | EXCLUSIVE, "ingress qdisc on " + link.name())
                .u32(AF_UNSPEC)
                .u32(link.index())
                .u32(INGRESS_HANDLE)
                .u32(TC_H_INGRESS)
                .u32(0)
                .attribute(TCA_KIND, "ingress");
    }

    /** Sends out at one interface all that comes in at another. */
    static void redirect(NetlinkBatch batch, Link from, Link to) {
        batch.begin(
                        NEW_FILTER,
                        ACK | CREATE | EXCLUSIVE,
                        "filter from " + from.name() + " to " + to.name())
                .u32(AF_UNSPEC)
                .u32(from.index())
                .u32(0)
                .u32(INGRESS_HANDLE)
                .u32(EVERYTHING)
                .attribute(TCA_KIND, "u32");
        int options = batch.beginNest(TCA_OPTIONS);
        batch.attribute(TCA_U32_SEL, matchAll());
        int actions = batch.beginNest(TCA_U32_ACT);
        int first = batch.beginNest(1);
        batch.attribute(TCA_ACT_KIND, "mirred");
        int redirect = batch.beginNest(TCA_ACT_OPTIONS);
        batch.attribute(TCA_MIRRED_PARMS, redirectTo(to));
        batch.endNest(redirect).endNest(first).endNest(actions).endNest(options);
    }

    /** {@code struct tc_u32_sel} with one key that any 32 bits match. */
    private static byte[] matchAll() {
        byte[] selector = new byte[32];
        selector[0] = TC_U32_TERMINAL;
        selector[2] = 1;
        return selector;
    }

    /** {@code struct tc_mirred}. */
    private static byte[] redirectTo(Link to) {
        return ByteBuffer.allocate(REDIRECT_BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(8, TC_ACT_STOLEN)
                .putInt(20, TCA_EGRESS_REDIR)
                .putInt(24, to.index())
                .array();
    }

    /**
     * Limits what goes out at an interface, by a token bucket.
     *
     * @param rate bits per second
     */
    static void limit(NetlinkBatch batch, Link link, long rate) {
        long bytes = Math.max(1, rate / 8);
        long burst = Math.min(Integer.MAX_VALUE / 2, Math.max(LEAST_BURST, bytes / BURST_PARTS));
        long queue = Math.min(Integer.MAX_VALUE / 2, bytes / QUEUE_PARTS);
        ByteBuffer parameters = ByteBuffer.allocate(36).order(ByteOrder.nativeOrder());
        parameters.put(1, (byte) TC_LINKLAYER_ETHERNET);
        parameters.putInt(8, (int) Math.min(0xffff_ffffL, bytes));
        parameters.putInt(24, (int) (burst + queue));
        batch.begin(
                        NEW_QDISC,
                        ACK | CREATE | EXCLUSIVE,
                        "limit of " + rate + " bit/s on " + link.name())
                .u32(AF_UNSPEC)
                .u32(link.index())
                .u32(0)
                .u32(TC_H_ROOT)
                .u32(0)
                .attribute(TCA_KIND, "tbf");
        int options = batch.beginNest(TCA_OPTIONS);
        batch.attribute(TCA_TBF_PARMS, parameters.array());
        if (bytes > 0xffff_ffffL) {
            batch.attribute(TCA_TBF_RATE64, bytes);
        }
        batch.attribute(TCA_TBF_BURST, (int) burst);
        batch.endNest(options);
    }

    /** Takes a qdisc away, with its filters. */
    static NetlinkBatch removeQdisc(Link link, int parent, int handle) {
        return new NetlinkBatch()
                .begin(DELETE_QDISC, ACK, "removal of a qdisc from " + link.name())
                .u32(AF_UNSPEC)
                .u32(link.index())
                .u32(handle)
                .u32(parent)
                .u32(0);
    }
}
