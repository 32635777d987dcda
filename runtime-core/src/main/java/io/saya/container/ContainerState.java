package io.saya.container;

import java.util.concurrent.CompletableFuture;

/**
 * A state in the life of a container, its first process included. {@link ContainerTransitions} says
 * which state follows which, {@link ContainerVerb} what clients may do in each.
 */
public sealed interface ContainerState {

    /** The host or the guest makes it, and no client was told of it. Out: made, or its end. */
    record Creating() implements ContainerState {}

    /** It exists in the guest and its program does not run. Out: start, deletion, its end. */
    record Created() implements ContainerState {}

    /** The guest was asked to run its program and has not answered. */
    record Starting() implements ContainerState {}

    /** Its program runs, or its end is not public yet. */
    record Running() implements ContainerState {}

    /** It runs, and the guest has frozen it. */
    record Paused() implements ContainerState {}

    /**
     * It has ended, and everyone may know.
     *
     * @param announced whether clients were told of its creation, and so must be told of its
     *     deletion
     */
    record Stopped(ExitStatus exit, boolean announced) implements ContainerState {}

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
            case Creating() -> false;
            case Created(), Starting(), Running(), Paused() -> true;
            case Stopped(ExitStatus _, boolean announced) -> announced;
            case Deleting(ContainerState before, var _) -> before.announced();
        };
    }

    /** True if the container exists in the guest and its end is not public. */
    default boolean liveInGuest() {
        return switch (this) {
            case Created(), Starting(), Running(), Paused() -> true;
            case Creating(), Stopped _ -> false;
            case Deleting(ContainerState before, var _) -> before.liveInGuest();
        };
    }

    /** The state of its first process. */
    default ProcessState process() {
        return switch (this) {
            case Creating(), Created() -> new ProcessState.Created();
            case Starting() -> new ProcessState.Starting();
            case Running(), Paused() -> new ProcessState.Running();
            case Stopped(ExitStatus exit, boolean _) -> new ProcessState.Stopped(exit);
            case Deleting(ContainerState before, var _) -> before.process();
        };
    }

    /** The state in words, for messages, behind "it". */
    default String describe() {
        return switch (this) {
            case Creating() -> "is still being made";
            case Created() -> "is created";
            case Starting() -> "is being started";
            case Running() -> "is running";
            case Paused() -> "is paused";
            case Stopped(ExitStatus exit, boolean _) -> "has ended with status " + exit.status();
            case Deleting _ -> "is being deleted";
        };
    }
}
