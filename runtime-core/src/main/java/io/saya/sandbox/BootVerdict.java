package io.saya.sandbox;

import io.saya.agent.Patience;
import io.saya.failure.RuntimeFailure;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Whether a sandbox came up, for those who wait for it. The first word counts. Thread safe. */
final class BootVerdict {

    /** Between two questions whether the patience lasts. */
    private static final long GLANCE_MS = 500;

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
     * @param overdue what to say when the patience is exhausted
     * @throws RuntimeFailure what {@link #failed} was told, or {@code overdue}
     */
    void await(Patience patience, Supplier<RuntimeFailure> overdue) {
        try {
            while (!within(GLANCE_MS)) {
                if (patience.exhausted()) {
                    throw overdue.get();
                }
            }
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable(
                    "interrupted while sandbox " + sandboxId + " boots", e);
        }
    }

    private boolean within(long millis) throws ExecutionException, InterruptedException {
        try {
            up.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /** Why it did not come up, if that is known within the limit. */
    Optional<RuntimeFailure> failureWithin(long millis) {
        try {
            var _ = within(millis);
        } catch (ExecutionException e) {
            return Optional.of(failure(e));
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
