package io.saya.container;

import io.saya.container.ContainerEvent.DeletionBegun;
import io.saya.container.ContainerEvent.DeletionFailed;
import io.saya.container.ContainerEvent.Frozen;
import io.saya.container.ContainerEvent.Made;
import io.saya.container.ContainerEvent.OfFirst;
import io.saya.container.ContainerEvent.Thawed;
import io.saya.container.ContainerState.Created;
import io.saya.container.ContainerState.Creating;
import io.saya.container.ContainerState.Deleting;
import io.saya.container.ContainerState.Paused;
import io.saya.container.ContainerState.Running;
import io.saya.container.ContainerState.Starting;
import io.saya.container.ContainerState.Stopped;
import io.saya.container.ProcessEvent.Exited;
import io.saya.container.ProcessEvent.StartRequested;
import io.saya.container.ProcessEvent.StartSucceeded;
import io.saya.failure.RuntimeFailure;

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
                        case Creating() -> new Created();
                        case Stopped stopped -> stopped;
                        case Created(), Starting(), Running(), Paused(), Deleting _ ->
                                throw impossible(id, state, event);
                    };
            case OfFirst(StartRequested()) -> {
                ContainerVerb.START.check(id, state);
                yield new Starting();
            }
            case OfFirst(StartSucceeded()) ->
                    switch (state) {
                        case Starting() -> new Running();
                        case Stopped stopped -> stopped;
                        case Deleting(Stopped _, var _) -> state;
                        case Creating(), Created(), Running(), Paused(), Deleting _ ->
                                throw impossible(id, state, event);
                    };
            case OfFirst(Exited(ExitStatus exit)) ->
                    switch (state) {
                        case Creating() -> new Stopped(exit, false);
                        case Created(), Starting(), Running(), Paused() -> new Stopped(exit, true);
                        case Stopped stopped -> stopped;
                        case Deleting(ContainerState before, var result) ->
                                new Deleting(next(id, before, event), result);
                    };
            case Frozen() ->
                    switch (state) {
                        case Running(), Paused() -> new Paused();
                        case Stopped _, Deleting _ -> state;
                        case Creating(), Created(), Starting() ->
                                throw impossible(id, state, event);
                    };
            case Thawed() ->
                    switch (state) {
                        case Running(), Paused() -> new Running();
                        case Stopped _, Deleting _ -> state;
                        case Creating(), Created(), Starting() ->
                                throw impossible(id, state, event);
                    };
            case DeletionBegun(var result) -> {
                ContainerVerb.DELETE.check(id, state);
                yield new Deleting(state, result);
            }
            case DeletionFailed() ->
                    switch (state) {
                        case Deleting(ContainerState before, var _) -> before;
                        case Creating(), Created(), Starting(), Running(), Paused(), Stopped _ ->
                                throw impossible(id, state, event);
                    };
        };
    }

    private static IllegalStateException impossible(
            String id, ContainerState state, ContainerEvent event) {
        return new IllegalStateException(event + " of container " + id + " in state " + state);
    }
}
