package io.saya.sandbox;

import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.sandbox.SandboxEvent.BootRequested;
import io.saya.sandbox.SandboxEvent.BootSucceeded;
import io.saya.sandbox.SandboxEvent.StopFinished;
import io.saya.sandbox.SandboxEvent.StopRequested;
import io.saya.sandbox.SandboxState.Booting;
import io.saya.sandbox.SandboxState.New;
import io.saya.sandbox.SandboxState.Running;
import io.saya.sandbox.SandboxState.Stopped;
import io.saya.sandbox.SandboxState.Stopping;

/**
 * The life of a sandbox as a pure function. Stop is final: nothing leads back from it, and its
 * first cause counts.
 */
public final class SandboxTransitions {

    private SandboxTransitions() {}

    /**
     * The state after {@code event}.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION for a boot where none is possible
     * @throws IllegalStateException if the event cannot happen in this state: an error of this
     *     program
     */
    public static SandboxState next(SandboxState state, SandboxEvent event) throws RuntimeFailure {
        return switch (event) {
            case BootRequested() ->
                    switch (state) {
                        case New() -> new Booting();
                        case Booting(), Running() -> throw refusal("is up already");
                        case Stopping(StopCause cause) ->
                                throw refusal("is stopping: " + cause.describe());
                        case Stopped(StopCause cause) ->
                                throw refusal("has stopped: " + cause.describe());
                    };
            case BootSucceeded() ->
                    switch (state) {
                        case Booting() -> new Running();
                        case Stopping stopping -> stopping;
                        case Stopped stopped -> stopped;
                        case New(), Running() ->
                                throw new IllegalStateException(
                                        "boot succeeded in state "
                                                + state
                                                + " (expected: booting)");
                    };
            case StopRequested(StopCause cause) ->
                    switch (state) {
                        case New(), Booting(), Running() -> new Stopping(cause);
                        case Stopping stopping -> stopping;
                        case Stopped stopped -> stopped;
                    };
            case StopFinished() ->
                    switch (state) {
                        case New(), Booting(), Running() ->
                                throw new IllegalStateException(
                                        "stop finished in state "
                                                + state
                                                + " (expected: stopping)");
                        case Stopping(StopCause cause) -> new Stopped(cause);
                        case Stopped stopped -> stopped;
                    };
        };
    }

    private static RuntimeFailure refusal(String why) {
        return RuntimeFailure.failedPrecondition("cannot boot the sandbox: it " + why);
    }
}
