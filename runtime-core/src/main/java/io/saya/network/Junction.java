package io.saya.network;

import io.saya.hypervisor.VmDevice;
import io.saya.network.netlink.NetlinkBatch;
import io.saya.network.netlink.NetworkNamespace;
import java.io.IOException;
import java.util.List;

/**
 * Joins one interface of the pod to a card of the VM. Its life: what it will leave behind is noted,
 * {@link #prepare}, the VMM opens the interface of {@link #card}, {@link #connect}, {@link #undo}.
 * One owner at a time.
 */
sealed interface Junction permits FilterJunction, MacvtapJunction, DirectJunction {

    /** The interface of the pod. */
    Link link();

    /** The VM's side. */
    VmDevice.Network card();

    /** Adds the names of what is made. */
    void note(NetworkRecord record);

    /** Makes what has to be there before the VMM opens the interface of the card. */
    void prepare(NetworkNamespace namespace) throws IOException;

    /**
     * Joins the two when the VMM has the interface of the card open.
     *
     * @param card the interface of the card, as it is now
     */
    void connect(Link card, NetlinkBatch batch);

    /** Returns what undoes all that; each batch is sent whatever became of the others. */
    List<NetlinkBatch> undo();
}
