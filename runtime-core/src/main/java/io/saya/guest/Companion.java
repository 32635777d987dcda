package io.saya.guest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process beside the VM that is started once, while the pod lives, and may be ended at any time,
 * also while it is being started: no lock is held meanwhile. Thread safe.
 *
 * @param <T> closed to end it, which returns when it is reaped
 */
final class Companion<T extends AutoCloseable> {

    private static final Log LOG = Log.of("network");

    /**
     * How long the end waits for a start under way, a matter of milliseconds. After that the thread
     * that starts the process ends it.
     */
    private static final Duration START_LIMIT = Duration.ofSeconds(1);

    /** Starts the process. */
    @FunctionalInterface
    interface Start<T> {
        T start() throws IOException;
    }

    private final String name;

    @GuardedBy("this")
    private @Nullable CompletableFuture<Void> started;

    @GuardedBy("this")
    private @Nullable T running;

    @GuardedBy("this")
    private boolean ended;

    /**
     * @param name for the log
     */
    Companion(String name) {
        this.name = name;
    }

    /**
     * Starts the process, unless it was started or ended before; blocks as long as the start does.
     *
     * @throws IOException what the start fails with
     */
    void start(Start<T> how) throws IOException {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        synchronized (this) {
            if (ended || started != null) {
                return;
            }
            started = mine;
        }
        try {
            T fresh = how.start();
            if (!keep(fresh)) {
                close(fresh);
            }
        } finally {
            mine.complete(null);
        }
    }

    private synchronized boolean keep(T fresh) {
        if (!ended) {
            running = fresh;
        }
        return !ended;
    }

    /** What runs, if it does. */
    synchronized Optional<T> current() {
        return Optional.ofNullable(running);
    }

    /**
     * Ends the process, which cannot be started any more; returns when it is reaped. May be called
     * again.
     */
    void end() {
        CompletableFuture<Void> underWay;
        T last;
        synchronized (this) {
            ended = true;
            underWay = started;
            last = running;
            running = null;
        }
        if (last != null) {
            close(last);
        } else if (underWay != null) {
            underWay.copy()
                    .completeOnTimeout(null, START_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        }
    }

    private void close(T process) {
        try {
            process.close();
        } catch (Exception e) {
            LOG.warn("cannot undo", "what", name, "error", e);
        }
    }
}
