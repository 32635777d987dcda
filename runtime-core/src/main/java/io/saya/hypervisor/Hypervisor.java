package io.saya.hypervisor;

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
}
