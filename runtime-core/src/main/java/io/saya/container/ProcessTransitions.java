package io.saya.container;

import io.saya.container.ProcessEvent.Exited;
import io.saya.container.ProcessEvent.StartRequested;
import io.saya.container.ProcessEvent.StartSucceeded;
import io.saya.container.ProcessState.Created;
import io.saya.container.ProcessState.Running;
import io.saya.container.ProcessState.Starting;
import io.saya.container.ProcessState.Stopped;
import io.saya.failure.RuntimeFailure;

/** The life of a process as a pure function. The first end wins; what is late changes nothing. */
public final class ProcessTransitions {

    private ProcessTransitions() {}

    /**
     * The state after {@code event}.
     *
     * @param name what to call the process in a refusal
     * @throws RuntimeFailure FAILED_PRECONDITION if a client asked for something that the state
     *     does not allow
     * @throws IllegalStateException if a start succeeds that nobody asked for: an error of this
     *     program
     */
    public static ProcessState next(String name, ProcessState state, ProcessEvent event)
            throws RuntimeFailure {
        return switch (event) {
            case StartRequested() ->
                    switch (state) {
                        case Created() -> new Starting();
                        case Starting() -> throw refusal(name, "is being started");
                        case Running() -> throw refusal(name, "is running");
                        case Stopped(ExitStatus exit) ->
                                throw refusal(name, "has ended with status " + exit.status());
                    };
            case StartSucceeded() ->
                    switch (state) {
                        case Starting() -> new Running();
                        case Stopped stopped -> stopped;
                        case Created(), Running() ->
                                throw new IllegalStateException(
                                        "start of " + name + " succeeded in state " + state);
                    };
            case Exited(ExitStatus exit) ->
                    switch (state) {
                        case Created(), Starting(), Running() -> new Stopped(exit);
                        case Stopped stopped -> stopped;
                    };
        };
    }

    private static RuntimeFailure refusal(String name, String why) {
        return new RuntimeFailure(
                RuntimeFailure.Kind.FAILED_PRECONDITION,
                "cannot start " + name + ": it " + why + " (expected: created)");
    }
}
