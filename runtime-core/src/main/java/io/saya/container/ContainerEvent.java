package io.saya.container;

import java.util.concurrent.CompletableFuture;

/** What can happen to a container. */
public sealed interface ContainerEvent {

    /** The guest has made it. */
    record Made() implements ContainerEvent {}

    /**
     * The guest, or the host before it, did not run its program, or has not said whether it did.
     */
    record StartFailed() implements ContainerEvent {}

    /** Something happened to its first process. */
    record OfFirst(ProcessEvent event) implements ContainerEvent {}

    /** The guest has frozen it. */
    record Frozen() implements ContainerEvent {}

    /** The guest has thawed it. */
    record Thawed() implements ContainerEvent {}

    /** A client deletes it; {@code result} is completed with what that comes to. */
    record DeletionBegun(CompletableFuture<ExitStatus> result) implements ContainerEvent {}

    /** The deletion under way has failed; a client may ask for it again. */
    record DeletionFailed() implements ContainerEvent {}
}
