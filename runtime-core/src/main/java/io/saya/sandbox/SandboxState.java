package io.saya.sandbox;

import io.saya.guest.StopCause;

/** A state in the life of a sandbox. */
public sealed interface SandboxState {

    /** Nothing runs yet. Out: boot, or stop. */
    record New() implements SandboxState {}

    /** The VM is on its way up. Out: its agent answers, it fails, or stop. */
    record Booting() implements SandboxState {}

    /** Containers can be created. Out: stop, for whatever reason. */
    record Running() implements SandboxState {}

    /** Everything is being ended; the VM may still be there. Out: it is gone. */
    record Stopping(StopCause cause) implements SandboxState {}

    /** The VM is gone and reaped. Final. */
    record Stopped(StopCause cause) implements SandboxState {}
}
