package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;

import io.saya.hypervisor.VmDevice;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetworkNamespace;
import java.util.ArrayList;
import java.util.List;

/**
 * Model {@code tcfilter}: whatever comes in at the interface goes out at a tap, and the other way
 * round. The interface keeps its addresses, but nothing reaches the host's stack through it any
 * more. The tap ends with the VMM.
 */
record FilterJunction(Link link, VmDevice.Network card, long rxRate, long txRate)
        implements Junction {

    @Override
    public void note(NetworkRecord record) {
        record.ingress().add(link.name());
        if (txRate > 0) {
            record.shapers().add(link.name());
        }
    }

    @Override
    public void prepare(NetworkNamespace namespace) {
        // The VMM makes the tap as it opens it.
    }

    @Override
    public void connect(Link tap, NetlinkBatch batch) {
        TrafficControl.bringUp(batch, tap, link.mtu());
        TrafficControl.addIngress(batch, tap);
        TrafficControl.addIngress(batch, link);
        TrafficControl.redirect(batch, tap, link);
        TrafficControl.redirect(batch, link, tap);
        if (rxRate > 0) {
            TrafficControl.limit(batch, tap, rxRate);
        }
        if (txRate > 0) {
            TrafficControl.limit(batch, link, txRate);
        }
    }

    @Override
    public List<NetlinkBatch> undo() {
        List<NetlinkBatch> batches = new ArrayList<>();
        batches.add(TrafficControl.removeQdisc(link, TC_H_INGRESS, INGRESS_HANDLE));
        if (txRate > 0) {
            batches.add(TrafficControl.removeQdisc(link, TC_H_ROOT, 0));
        }
        return batches;
    }
}
