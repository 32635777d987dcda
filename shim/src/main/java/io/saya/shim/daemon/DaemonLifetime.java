package io.saya.shim.daemon;

import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.shim.service.TaskLifetime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Ends the daemon when containerd shuts it down or a signal says so, and after a while where
 * neither comes. A daemon without a container that nobody asks for anything is one whose containerd
 * was killed between two steps (shim/containerd.md#limits).
 */
final class DaemonLifetime implements TaskLifetime {
    private static final Log LOG = Log.of("daemon");

    /**
     * For containerd to read the last answer: where the end of the connection comes right behind
     * it, Go's client takes either of both. Its own shims look every 200 ms whether they may close.
     */
    private static final Duration ANSWER_READ = Duration.ofMillis(250);

    private final BooleanSupplier idle;
    private final Duration idleLimit;
    private final BooleanSupplier over;
    private final Duration overLimit;
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    /** Containers that are being made. */
    private final AtomicInteger creations = new AtomicInteger();

    /** Counts what makes an earlier look at the containers worthless. */
    private final AtomicLong changes = new AtomicLong();

    /**
     * @param idle whether there is no container
     * @param idleLimit how long that may last; containerd needs milliseconds from {@code start} to
     *     its first request
     * @param over whether the sandbox has stopped, so that no container can come any more
     * @param overLimit how long the daemon waits for {@code Shutdown} then
     */
    DaemonLifetime(
            BooleanSupplier idle, Duration idleLimit, BooleanSupplier over, Duration overLimit) {
        this.idle = idle;
        this.idleLimit = idleLimit;
        this.over = over;
        this.overLimit = overLimit;
    }

    @Override
    public void creationBegins() {
        creations.incrementAndGet();
        changes.incrementAndGet();
    }

    @Override
    public void creationEnded() {
        creations.decrementAndGet();
        containersChanged();
    }

    @Override
    public void containersChanged() {
        long change = changes.incrementAndGet();
        if (isIdle()) {
            Duration limit = over.getAsBoolean() ? overLimit : idleLimit;
            Thread.ofVirtual().name("idle").start(() -> endIfStillIdle(change, limit));
        }
    }

    private void endIfStillIdle(long change, Duration limit) {
        if (Waited.on(end, limit).isDone()) {
            return;
        }
        if (stillIdle(change)) {
            LOG.warn("no container and no shutdown", "for", limit);
            end("no container for " + limit);
        }
    }

    /** The number of the last change. */
    long change() {
        return changes.get();
    }

    /** True if nothing has come or gone since this change, and nothing is there or on its way. */
    boolean stillIdle(long change) {
        return changes.get() == change && isIdle();
    }

    private boolean isIdle() {
        return creations.get() == 0 && idle.getAsBoolean();
    }

    @Override
    public void end(String reason) {
        LOG.info("daemon ends", "reason", reason);
        end.complete(null);
    }

    @Override
    public void endAnswered(String reason) {
        LOG.info("daemon ends", "reason", reason);
        var _ = end.completeOnTimeout(null, ANSWER_READ.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Waits until somebody wants the end. */
    void await() {
        end.join();
    }
}
