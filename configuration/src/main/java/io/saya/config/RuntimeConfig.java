package io.saya.config;

/**
 * Everything the configuration file says, checked and with every default filled in. Immutable; one
 * instance serves a sandbox for its whole life, as the file is read once per shim. Made by {@link
 * io.saya.config.load.ConfigLoader}, which also has the built-in defaults.
 *
 * @param hypervisor section {@code [hypervisor.qemu]}: the VM
 * @param agent section {@code [agent.kata]}: how the guest's agent is reached and how it behaves
 * @param runtime section {@code [runtime]}: what the shim does on the host
 * @param factory section {@code [factory]}: VMs that are not booted but restored
 */
public record RuntimeConfig(
        HypervisorConfig hypervisor,
        AgentConfig agent,
        RuntimeSettings runtime,
        FactoryConfig factory) {

    /**
     * True if the guest's agent is to send its log by vsock instead of printing it: where there is
     * a vsock, and the agent says so much that a console would hold it up. Else what it says is on
     * the console, whose end stands in errors. The default guest's agent says little.
     */
    public boolean logsByVsock() {
        return agent.enableDebug()
                && agent.transport() != AgentConfig.Transport.VIRTIO_SERIAL
                && !hypervisor.guest().shipped();
    }
}
