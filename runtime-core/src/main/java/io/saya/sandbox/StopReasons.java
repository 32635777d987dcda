package io.saya.sandbox;

import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.lifecycle.Waited;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Tells a caller whose call failed because the sandbox stops why it stops. Thread safe. */
final class StopReasons {

    /** How long the connecting thread may take to notice that the VM is gone. */
    static final Duration BOOT_FAILURE_LIMIT = Duration.ofSeconds(2);

    /** How long after a lost connection the cause may be found: a VMM's end, above all. */
    private static final Duration CAUSE_LIMIT = Duration.ofSeconds(2);

    private final String sandboxId;
    private final BootVerdict booted;
    private final CompletableFuture<StopCause> stopping = new CompletableFuture<>();

    StopReasons(String sandboxId, BootVerdict booted) {
        this.sandboxId = sandboxId;
        this.booted = booted;
    }

    /** The sandbox begins to stop. */
    void stops(StopCause cause) {
        stopping.complete(cause);
    }

    /** See {@link Sandbox#whyNot}. */
    RuntimeFailure whyNot(String doing) {
        Optional<RuntimeFailure> failure = booted.failureWithin(BOOT_FAILURE_LIMIT);
        return failure.orElseGet(
                () ->
                        RuntimeFailure.failedPrecondition(
                                "cannot "
                                        + doing
                                        + ": sandbox "
                                        + sandboxId
                                        + " has stopped"
                                        + suffix()));
    }

    /** See {@link Sandbox#explained}. */
    RuntimeException explained(RuntimeException failure) {
        if (!(failure instanceof RuntimeFailure known) || isOfBoot(known)) {
            return failure;
        }
        if (known.kind() == RuntimeFailure.Kind.UNAVAILABLE) {
            var _ = Waited.on(stopping, CAUSE_LIMIT);
        }
        @Nullable StopCause cause = stopping.getNow(null);
        return switch (cause) {
            case null -> failure;
            // It was asked for, or has told its own story.
            case StopCause.Requested(),
                    StopCause.ContainerExited _,
                    StopCause.StartFailed _,
                    StopCause.BootFailed _ ->
                    failure;
            case StopCause.VmLost _,
                    StopCause.OutOfMemory _,
                    StopCause.AgentLost _,
                    StopCause.ShareLost _ ->
                    new RuntimeFailure(
                            known.kind(),
                            "sandbox "
                                    + sandboxId
                                    + " has stopped: "
                                    + cause.describe()
                                    + "; "
                                    + failure.getMessage(),
                            failure);
        };
    }

    /** A guest that did not come up has told all that is known of its end. */
    private boolean isOfBoot(RuntimeFailure failure) {
        return booted.failureWithin(Duration.ZERO)
                .map(told -> String.valueOf(told.getMessage()).equals(failure.getMessage()))
                .orElse(false);
    }

    /**
     * Explains why the thread that connects got no answer: a stop that gives up a silent agent cuts
     * its connection, and that is all the thread sees.
     *
     * @return what to throw instead; {@code consequence} where the agent was not given up
     */
    RuntimeException givenUp(RuntimeException consequence) {
        return consequence instanceof RuntimeFailure failure
                        && stopping.getNow(null) instanceof StopCause.AgentLost why
                ? new RuntimeFailure(
                        failure.kind(), why.describe() + "; " + failure.getMessage(), failure)
                : consequence;
    }

    /** The failure of a boot that did not fail, but was ended by the stop. */
    RuntimeFailure stoppedMeanwhile(@Nullable Throwable consequence) {
        return RuntimeFailure.unavailable(
                "sandbox " + sandboxId + " was stopped while it came up" + suffix(), consequence);
    }

    /** The first cause; empty while the sandbox does not stop. */
    Optional<StopCause> cause() {
        return Optional.ofNullable(stopping.getNow(null));
    }

    private String suffix() {
        return cause().map(cause -> ": " + cause.describe()).orElse("");
    }
}
