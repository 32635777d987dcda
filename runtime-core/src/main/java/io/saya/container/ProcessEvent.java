package io.saya.container;

/** What can happen to a process. */
public sealed interface ProcessEvent {

    /** A client asks to start it. */
    record StartRequested() implements ProcessEvent {}

    /** The guest runs it. */
    record StartSucceeded() implements ProcessEvent {}

    /**
     * It has ended, never began to run, or its VM is gone; {@code exit} is what waiters are told.
     */
    record Exited(ExitStatus exit) implements ProcessEvent {}
}
