package io.saya.container;

import io.saya.lifecycle.Latch;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A state in the life of a container, its first process included. {@link ContainerTransitions} says
 * which state follows which, {@link ContainerVerb} what clients may do in each.
 */
public sealed interface ContainerState {

    /**
     * The host or the guest makes it, and no client was told of it. Out: made, or its end.
     *
     * @param over opens when nobody makes it any more: it is made, or removed from the table
     */
    record Creating(Latch over) implements ContainerState {}

    /**
     * It has ended while it was made. The thread that makes it gives back what it holds, then
     * removes it from the table. No client was told of it.
     *
     * @param over as in {@link Creating}
     */
    record Abandoned(ExitStatus exit, Latch over) implements ContainerState {}

    /** It exists in the guest and its program does not run. Out: start, deletion, its end. */
    record Created() implements ContainerState {}

    /**
     * The guest was asked to run its program and has not answered.
     *
     * @param settled opens when the start has succeeded, and its event was published, or has failed
     */
    record Starting(Latch settled) implements ContainerState {}

    /** Its start has failed; what the guest may have made of it is being ended. Out: its end. */
    record StartFailed() implements ContainerState {}

    /** Its program runs, or its end is not public yet. */
    record Running() implements ContainerState {}

    /** It runs, and the guest has frozen it. */
    record Paused() implements ContainerState {}

    /** It has ended, and everyone may know. */
    record Stopped(ExitStatus exit) implements ContainerState {}

    /**
     * Somebody deletes it. It is then removed from the table, or goes back if that fails.
     *
     * @param before {@link Created} or {@link Stopped}
     * @param result what the deletion comes to, for those who ask for it again meanwhile
     */
    record Deleting(ContainerState before, CompletableFuture<ExitStatus> result)
            implements ContainerState {}

    /** True if clients were told that the container was created: then they are told of its end. */
    default boolean announced() {
        return switch (this) {
            case Creating _, Abandoned _ -> false;
            case Created(), Starting _, StartFailed(), Running(), Paused(), Stopped _, Deleting _ ->
                    true;
        };
    }

    /** True if the container exists in the guest and its end is not public. */
    default boolean liveInGuest() {
        return switch (this) {
            case Created(), Starting _, StartFailed(), Running(), Paused() -> true;
            case Creating _, Abandoned _, Stopped _ -> false;
            case Deleting(ContainerState before, var _) -> before.liveInGuest();
        };
    }

    /** Opens when nobody makes it any more; empty if nobody does. */
    default Optional<Latch> making() {
        return switch (this) {
            case Creating(Latch over) -> Optional.of(over);
            case Abandoned(ExitStatus _, Latch over) -> Optional.of(over);
            case Created(), Starting _, StartFailed(), Running(), Paused(), Stopped _, Deleting _ ->
                    Optional.empty();
        };
    }

    /** The state of its first process. */
    default ProcessState process() {
        return switch (this) {
            case Creating _, Created() -> new ProcessState.Created();
            case Starting _, StartFailed() -> new ProcessState.Starting();
            case Running(), Paused() -> new ProcessState.Running();
            case Abandoned(ExitStatus exit, var _) -> new ProcessState.Stopped(exit);
            case Stopped(ExitStatus exit) -> new ProcessState.Stopped(exit);
            case Deleting(ContainerState before, var _) -> before.process();
        };
    }

    /** The state in words, for messages, behind "it". */
    default String describe() {
        return switch (this) {
            case Creating _ -> "is still being made";
            case Abandoned _ -> "has ended while it was made";
            case Created() -> "is created";
            case Starting _ -> "is being started";
            case StartFailed() -> "could not be started";
            case Running() -> "is running";
            case Paused() -> "is paused";
            case Stopped(ExitStatus exit) -> "has ended with status " + exit.status();
            case Deleting _ -> "is being deleted";
        };
    }
}
