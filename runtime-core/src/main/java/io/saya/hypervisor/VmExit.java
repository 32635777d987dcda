package io.saya.hypervisor;

import io.saya.host.ProcessExit;

/**
 * How a VM ended.
 *
 * @param process how the VMM's process ended
 * @param reason what is known beyond that: {@code guest-panic}, {@code guest-shutdown}, {@code
 *     guest-reset}, {@code host-qmp-quit}; empty if nothing
 * @param requested whether {@link Vm#stop} had been called before
 */
public record VmExit(ProcessExit process, String reason, boolean requested) {}
