package io.saya.network;

import io.saya.hypervisor.VmDevice;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetworkNamespace;
import java.util.List;

/** An interface that the VMM opens as it is: a macvtap. Nothing is made. */
record DirectJunction(Link link, VmDevice.Network card) implements Junction {

    @Override
    public void note(NetworkRecord record) {
        // Nothing to undo.
    }

    @Override
    public void prepare(NetworkNamespace namespace) {
        // It is there.
    }

    @Override
    public void connect(Link card, NetlinkBatch batch) {
        // It is connected.
    }

    @Override
    public List<NetlinkBatch> undo() {
        return List.of();
    }
}
