package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.failpoint.Moment;
import io.saya.hypervisor.VmDevice;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Model {@code macvtap}: a macvtap on top of the interface takes its MAC address, and the interface
 * gives up its addresses, with which it would answer in the guest's place. Undone, it gets back
 * what it {@link #had}.
 */
record MacvtapJunction(Link link, VmDevice.Network card, LinkState had, long txRate)
        implements Junction {

    @Override
    public void note(NetworkRecord record) {
        record.links().add(card.tap());
        record.restore().add(had.toRestore());
    }

    @Override
    public void prepare(NetworkNamespace namespace) throws IOException {
        NetlinkBatch batch = new NetlinkBatch();
        for (LinkAddress address : had.addresses()) {
            batch.begin(
                            DELETE_ADDRESS,
                            ACK,
                            "removal of " + address.address() + " from " + link.name())
                    .raw(address.message().bytes());
        }
        TrafficControl.link(batch, link, 0, 0, "MAC address of " + link.name())
                .attribute(IFLA_ADDRESS, anyMac());
        batch.begin(NEW_LINK, ACK | CREATE | EXCLUSIVE, "macvtap on " + link.name())
                .u32(AF_UNSPEC)
                .u32(0)
                // It cannot know which groups the guest listens to, that for its neighbours'
                // questions by IPv6 among them.
                .u32(IFF_UP | IFF_ALLMULTI)
                .u32(IFF_UP | IFF_ALLMULTI)
                .attribute(IFLA_IFNAME, card.tap())
                .attribute(IFLA_LINK, link.index())
                .attribute(IFLA_ADDRESS, LinkState.macBytes(link.mac()))
                .attribute(IFLA_MTU, link.mtu());
        int info = batch.beginNest(IFLA_LINKINFO);
        batch.attribute(IFLA_INFO_KIND, "macvtap");
        int data = batch.beginNest(IFLA_INFO_DATA);
        batch.attribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
        batch.endNest(data).endNest(info);
        namespace.apply(batch, Moment.NETWORK_PREPARE);
    }

    @Override
    public void connect(Link macvtap, NetlinkBatch batch) {
        if (txRate > 0) {
            TrafficControl.limit(batch, macvtap, txRate);
        }
    }

    @Override
    public List<NetlinkBatch> undo() {
        List<NetlinkBatch> batches = new ArrayList<>();
        batches.add(
                new NetlinkBatch()
                        .begin(DELETE_LINK, ACK, "removal of " + card.tap())
                        .u32(AF_UNSPEC)
                        .u32(0)
                        .u32(0)
                        .u32(0)
                        .attribute(IFLA_IFNAME, card.tap()));
        batches.addAll(had.messages());
        return batches;
    }

    /** A random address: unicast, administered here. */
    private static byte[] anyMac() {
        byte[] mac = new byte[6];
        ThreadLocalRandom.current().nextBytes(mac);
        mac[0] = (byte) ((mac[0] & 0xfc) | 0x02);
        return mac;
    }
}
