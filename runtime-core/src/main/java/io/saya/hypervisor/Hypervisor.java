package io.saya.hypervisor;

import io.saya.json.JsonObject;
import java.nio.file.Path;

/**
 * Makes virtual machines. Found by the daemon; implementations never import one another. Thread
 * safe.
 */
public interface Hypervisor {

    /**
     * Starts a virtual machine. Returns as soon as the VMM's process exists, while the guest boots;
     * the caller owns the result from then on and must stop it, whatever happens next.
     *
     * @throws HypervisorFailure if the process cannot be started; nothing is left then
     */
    Vm start(VmSpec spec) throws HypervisorFailure;

    /**
     * Goes on with a VM that another daemon of the same sandbox holds, and which ends when this one
     * has taken over.
     *
     * @param held as {@link Vm#held} told there
     * @throws HypervisorFailure if it cannot be reached; it is left as it is
     */
    default Vm goOn(String sandboxId, Path runDirectory, JsonObject held) throws HypervisorFailure {
        throw new HypervisorFailure("VMs cannot be handed over");
    }
}
