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
        FactoryConfig factory) {}
