package io.saya.container;

import io.saya.container.ContainerEvent.DeletionBegun;
import io.saya.container.ContainerEvent.DeletionFailed;
import io.saya.container.ContainerEvent.Frozen;
import io.saya.container.ContainerEvent.Made;
import io.saya.container.ContainerEvent.OfFirst;
import io.saya.container.ContainerEvent.Thawed;
import io.saya.container.ContainerState.Abandoned;
import io.saya.container.ContainerState.Created;
import io.saya.container.ContainerState.Creating;
import io.saya.container.ContainerState.Deleting;
import io.saya.container.ContainerState.Paused;
import io.saya.container.ContainerState.Running;
import io.saya.container.ContainerState.StartFailed;
import io.saya.container.ContainerState.Starting;
import io.saya.container.ContainerState.Stopped;
import io.saya.container.ProcessEvent.Exited;
import io.saya.container.ProcessEvent.StartRequested;
import io.saya.container.ProcessEvent.StartSucceeded;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Latch;

/**
 * The life of a container as a pure function. The first end counts; what the guest tells later
 * changes nothing.
 */
public final class ContainerTransitions {

    private ContainerTransitions() {}

    /**
     * The state after {@code event}.
     *
     * @param id the container's, for a refusal
     * @throws RuntimeFailure where {@link ContainerVerb} refuses a client's request
     * @throws IllegalStateException if the event cannot happen in this state: an error of this
     *     program
     */
    public static ContainerState next(String id, ContainerState state, ContainerEvent event)
            throws RuntimeFailure {
        return switch (event) {
            case Made() ->
                    switch (state) {
                        case Creating _ -> new Created();
                        case Abandoned _ -> state;
                        case Created(),
                                Starting _,
                                StartFailed(),
                                Running(),
                                Paused(),
                                Stopped _,
                                Deleting _ ->
                                throw impossible(id, state, event);
                    };
            case OfFirst(StartRequested()) -> {
                ContainerVerb.START.check(id, state);
                yield new Starting(new Latch());
            }
            case OfFirst(StartSucceeded()) -> answered(id, state, event, new Running());
            case ContainerEvent.StartFailed() -> answered(id, state, event, new StartFailed());
            case OfFirst(Exited(ExitStatus exit)) ->
                    switch (state) {
                        case Creating(Latch over) -> new Abandoned(exit, over);
                        case Created(), Starting _, StartFailed(), Running(), Paused() ->
                                new Stopped(exit);
                        case Abandoned _, Stopped _ -> state;
                        case Deleting(ContainerState before, var result) ->
                                new Deleting(next(id, before, event), result);
                    };
            case Frozen() ->
                    switch (state) {
                        case Running(), Paused() -> new Paused();
                        case Stopped _, Deleting _ -> state;
                        case Creating _, Abandoned _, Created(), Starting _, StartFailed() ->
                                throw impossible(id, state, event);
                    };
            case Thawed() ->
                    switch (state) {
                        case Running(), Paused() -> new Running();
                        case Stopped _, Deleting _ -> state;
                        case Creating _, Abandoned _, Created(), Starting _, StartFailed() ->
                                throw impossible(id, state, event);
                    };
            case DeletionBegun(var result) -> {
                ContainerVerb.DELETE.check(id, state);
                yield new Deleting(state, result);
            }
            case DeletionFailed() ->
                    switch (state) {
                        case Deleting(ContainerState before, var _) -> before;
                        case Creating _,
                                Abandoned _,
                                Created(),
                                Starting _,
                                StartFailed(),
                                Running(),
                                Paused(),
                                Stopped _ ->
                                throw impossible(id, state, event);
                    };
        };
    }

    /** The state once a start was answered; an end that came first stays. */
    private static ContainerState answered(
            String id, ContainerState state, ContainerEvent event, ContainerState answer) {
        return switch (state) {
            case Starting _ -> answer;
            case Stopped _, Deleting(Stopped _, var _) -> state;
            case Creating _,
                    Abandoned _,
                    Created(),
                    StartFailed(),
                    Running(),
                    Paused(),
                    Deleting _ ->
                    throw impossible(id, state, event);
        };
    }

    private static IllegalStateException impossible(
            String id, ContainerState state, ContainerEvent event) {
        return new IllegalStateException(event + " of container " + id + " in state " + state);
    }
}
