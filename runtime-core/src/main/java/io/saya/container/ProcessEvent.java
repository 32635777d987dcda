package io.saya.container;

/** What can happen to a process. */
public sealed interface ProcessEvent {

    /** A client asks to start it. */
    record StartRequested() implements ProcessEvent {}

    /** The guest runs it. */
    record StartSucceeded() implements ProcessEvent {}

    /** The guest could not run it; {@code exit} is what waiters are told. */
    record StartFailed(ExitStatus exit) implements ProcessEvent {}

    /** It has ended, or its VM is gone. */
    record Exited(ExitStatus exit) implements ProcessEvent {}
}
