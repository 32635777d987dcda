package io.saya.container;

import io.saya.container.ContainerState.Abandoned;
import io.saya.container.ContainerState.Created;
import io.saya.container.ContainerState.Creating;
import io.saya.container.ContainerState.Deleting;
import io.saya.container.ContainerState.Paused;
import io.saya.container.ContainerState.Running;
import io.saya.container.ContainerState.StartFailed;
import io.saya.container.ContainerState.Starting;
import io.saya.container.ContainerState.Stopped;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import java.util.Optional;

/**
 * What clients may do with a container, by its state: the one table. {@code ConformanceTest}
 * compares it with containerd's shim for runc. State, Wait, Pids, Connect, Stats and CloseIO are
 * answered in every state and have no row.
 */
public enum ContainerVerb {
    /** Run its program. */
    START("start", "created"),
    /** Add an exec, which does not run yet. */
    ADD_EXEC("add an exec to", "created or running"),
    /** Run an exec that was added. */
    START_EXEC("start an exec in", "running"),
    PAUSE("pause", "running"),
    RESUME("resume", "paused"),
    /** Change its limits. */
    UPDATE("update", "created, running or paused"),
    /** Send a signal to its first process. */
    SIGNAL("signal", "created, running or paused"),
    /** A second Delete joins the one under way and does not ask this table. */
    DELETE("delete", "created or stopped");

    private final String words;
    private final String expected;

    ContainerVerb(String words, String expected) {
        this.words = words;
        this.expected = expected;
    }

    /**
     * Returns the refusal of this verb in a state; empty where the verb is allowed.
     *
     * <p>Kinds: FAILED_PRECONDITION, but for signals. A container that has ended has no process any
     * more (NOT_FOUND, which clients take for "gone"), one that is being made has none yet
     * (UNAVAILABLE).
     */
    public Optional<Kind> refusal(ContainerState state) {
        return switch (this) {
            case START ->
                    switch (state) {
                        case Created() -> allowed();
                        case Creating _,
                                Abandoned _,
                                Starting _,
                                StartFailed(),
                                Running(),
                                Paused(),
                                Stopped _,
                                Deleting _ ->
                                refused();
                    };
            case ADD_EXEC ->
                    switch (state) {
                        case Created(), Starting _, Running() -> allowed();
                        case Creating _,
                                Abandoned _,
                                StartFailed(),
                                Paused(),
                                Stopped _,
                                Deleting _ ->
                                refused();
                    };
            case START_EXEC, PAUSE ->
                    switch (state) {
                        case Running() -> allowed();
                        case Creating _,
                                Abandoned _,
                                Created(),
                                Starting _,
                                StartFailed(),
                                Paused(),
                                Stopped _,
                                Deleting _ ->
                                refused();
                    };
            case RESUME ->
                    switch (state) {
                        case Paused() -> allowed();
                        case Creating _,
                                Abandoned _,
                                Created(),
                                Starting _,
                                StartFailed(),
                                Running(),
                                Stopped _,
                                Deleting _ ->
                                refused();
                    };
            case UPDATE ->
                    switch (state) {
                        case Created(), Starting _, Running(), Paused() -> allowed();
                        case Creating _, Abandoned _, StartFailed(), Stopped _, Deleting _ ->
                                refused();
                    };
            case SIGNAL ->
                    switch (state) {
                        case Created(), Starting _, StartFailed(), Running(), Paused() -> allowed();
                        case Creating _ -> Optional.of(Kind.UNAVAILABLE);
                        case Abandoned _, Stopped _ -> Optional.of(Kind.NOT_FOUND);
                        case Deleting(ContainerState before, var _) -> refusal(before);
                    };
            case DELETE ->
                    switch (state) {
                        case Created(), Stopped _ -> allowed();
                        case Creating _,
                                Abandoned _,
                                Starting _,
                                StartFailed(),
                                Running(),
                                Paused(),
                                Deleting _ ->
                                refused();
                    };
        };
    }

    /**
     * Throws the refusal of this verb in a state; does nothing where the verb is allowed.
     *
     * @param id the container's
     * @throws RuntimeFailure that names the container, its state, and the states in which the verb
     *     is allowed
     */
    public void check(String id, ContainerState state) {
        Optional<Kind> refusal = refusal(state);
        if (refusal.isPresent()) {
            throw new RuntimeFailure(
                    refusal.get(),
                    refusal.get() == Kind.NOT_FOUND
                            ? "container " + id + ": process already finished"
                            : "cannot "
                                    + words
                                    + " container "
                                    + id
                                    + ": it "
                                    + state.describe()
                                    + " (expected: "
                                    + expected
                                    + ")");
        }
    }

    private static Optional<Kind> allowed() {
        return Optional.empty();
    }

    private static Optional<Kind> refused() {
        return Optional.of(Kind.FAILED_PRECONDITION);
    }
}
