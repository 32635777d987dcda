package io.saya.sandbox;

import io.saya.guest.StopCause;

/** What can happen to a sandbox. */
public sealed interface SandboxEvent {

    /** A caller boots the VM. */
    record BootRequested() implements SandboxEvent {}

    /** The agent answered and knows its sandbox. */
    record BootSucceeded() implements SandboxEvent {}

    /** A caller or a fault stops the sandbox for this cause. */
    record StopRequested(StopCause cause) implements SandboxEvent {}

    /** The VM is gone and reaped. */
    record StopFinished() implements SandboxEvent {}
}
