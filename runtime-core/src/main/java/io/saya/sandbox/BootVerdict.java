package io.saya.sandbox;

import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Whether a sandbox came up, for those who wait for it. The first word counts. Thread safe. */
final class BootVerdict {

    private final String sandboxId;
    private final CompletableFuture<Void> up = new CompletableFuture<>();

    BootVerdict(String sandboxId) {
        this.sandboxId = sandboxId;
    }

    /** Containers can be created. */
    void up() {
        up.complete(null);
    }

    /** There will be no guest. */
    void failed(RuntimeException why) {
        up.completeExceptionally(why);
    }

    /**
     * Waits until containers can be created.
     *
     * @param overdue what to say when that takes longer than {@code limit}
     * @throws RuntimeFailure what {@link #failed} was told, or {@code overdue}
     */
    void await(Duration limit, Supplier<RuntimeFailure> overdue) {
        try {
            up.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (TimeoutException e) {
            throw overdue.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable(
                    "interrupted while sandbox " + sandboxId + " boots", e);
        }
    }

    /** Why it did not come up, if that is known within the limit. */
    Optional<RuntimeFailure> failureWithin(long millis) {
        try {
            up.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            return Optional.of(failure(e));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private RuntimeFailure failure(ExecutionException e) {
        return e.getCause() instanceof RuntimeFailure failure
                ? new RuntimeFailure(failure.kind(), failure.getMessage(), failure)
                : RuntimeFailure.internal(
                        "boot of sandbox " + sandboxId + " failed: " + e.getCause(), e);
    }
}
