package io.saya.sandbox;

import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Patience;
import io.saya.lifecycle.Waited;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Tells the threads that wait for a sandbox whether it came up. The first verdict counts. Thread
 * safe.
 */
final class BootVerdict {

    /** How often the patience is asked whether it lasts. */
    private static final Duration GLANCE = Duration.ofMillis(500);

    private final String sandboxId;
    private final CompletableFuture<Void> up = new CompletableFuture<>();

    BootVerdict(String sandboxId) {
        this.sandboxId = sandboxId;
    }

    /** Says that containers can be created. */
    void up() {
        up.complete(null);
    }

    /** Says that there will be no guest. */
    void failed(RuntimeException why) {
        up.completeExceptionally(why);
    }

    /**
     * Waits until containers can be created.
     *
     * @param overdue what to say when the patience is exhausted
     * @throws RuntimeFailure what {@link #failed} was told, or {@code overdue}
     */
    void await(Patience patience, Supplier<RuntimeFailure> overdue) {
        switch (Waited.on(up, patience, GLANCE)) {
            case Waited.Done(var _) -> {}
            case Waited.Failed<Void> failed -> throw failure(failed);
            case Waited.TimedOut() -> throw overdue.get();
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while sandbox " + sandboxId + " boots", null);
        }
    }

    /** Returns why the sandbox did not come up, if that is known within the limit. */
    Optional<RuntimeFailure> failureWithin(Duration limit) {
        return Waited.on(up, limit) instanceof Waited.Failed<Void> failed
                ? Optional.of(failure(failed))
                : Optional.empty();
    }

    private RuntimeFailure failure(Waited.Failed<Void> failed) {
        return failed.failure("boot of sandbox " + sandboxId + " failed");
    }
}
