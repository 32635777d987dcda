package io.saya.lifecycle;

import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What came of a wait. All waits have one policy: a limit ends them, and an interrupt ends them.
 * Neither is thrown, neither cancels what was waited for, and an interrupted thread stays
 * interrupted, so that its next wait ends at once as well.
 *
 * @param <T> what was waited for; {@link Void} where the moment alone counts
 */
public sealed interface Waited<T extends @Nullable Object> {

    /** It came in time. */
    record Done<T extends @Nullable Object>(T value) implements Waited<T> {}

    /**
     * It will not come.
     *
     * @param cause what it failed with; a {@link CancellationException} if it was cancelled
     */
    record Failed<T extends @Nullable Object>(Throwable cause) implements Waited<T> {

        /**
         * Returns the cause as a failure of this thread.
         *
         * @param what describes what failed, where the cause is no failure of the domain
         */
        public RuntimeFailure failure(String what) {
            return cause instanceof RuntimeFailure known
                    ? new RuntimeFailure(known.kind(), known.getMessage(), known)
                    : RuntimeFailure.internal(what + ": " + cause, cause);
        }
    }

    /** The limit came first. */
    record TimedOut<T extends @Nullable Object>() implements Waited<T> {}

    /** This thread was interrupted, and still is. */
    record Interrupted<T extends @Nullable Object>() implements Waited<T> {}

    /** True if it came. */
    default boolean isDone() {
        return this instanceof Done;
    }

    /** True if there is nothing more to wait for: it came, or it will not come. */
    default boolean isOver() {
        return this instanceof Done || this instanceof Failed;
    }

    /** Waits for a future; at most for {@code limit}, and not at all if that is not positive. */
    static <T extends @Nullable Object> Waited<T> on(Future<T> future, Duration limit) {
        try {
            return new Done<>(future.get(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (ExecutionException e) {
            return new Failed<>(cause(e));
        } catch (CancellationException e) {
            return new Failed<>(e);
        } catch (TimeoutException _) {
            return new TimedOut<>();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Interrupted<>();
        }
    }

    /** Waits for a future that something else bounds; it never times out. */
    static <T extends @Nullable Object> Waited<T> on(Future<T> future) {
        try {
            return new Done<>(future.get());
        } catch (ExecutionException e) {
            return new Failed<>(cause(e));
        } catch (CancellationException e) {
            return new Failed<>(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Interrupted<>();
        }
    }

    /**
     * Waits for a future until {@code patience} is exhausted.
     *
     * @param glance how long the wait goes on between two questions to {@code patience}
     */
    static <T extends @Nullable Object> Waited<T> on(
            Future<T> future, Patience patience, Duration glance) {
        Waited<T> waited = on(future, glance);
        while (waited instanceof TimedOut && !patience.exhausted()) {
            waited = on(future, glance);
        }
        return waited;
    }

    /**
     * Waits for a future although this thread is interrupted, for what must have happened when its
     * caller returns. Never {@link Interrupted}; the thread is interrupted afterwards.
     */
    static <T extends @Nullable Object> Waited<T> regardless(Future<T> future, Duration limit) {
        boolean interrupted = Thread.interrupted();
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                Waited<T> waited = on(future, Duration.ofNanos(deadline - System.nanoTime()));
                if (!(waited instanceof Interrupted)) {
                    return waited;
                }
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A wait of the JDK's that tells by its result whether it was met. */
    @FunctionalInterface
    interface Wait {
        boolean within(long nanos) throws InterruptedException;
    }

    /**
     * Waits for something that is no future: a latch, a process, a thread.
     *
     * @return true if it came; false if the limit or an interrupt came first
     */
    static boolean happens(Duration limit, Wait wait) {
        try {
            return wait.within(limit.toNanos());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Sleeps.
     *
     * @return false if an interrupt ended it before its time
     */
    static boolean pause(Duration time) {
        return happens(
                time,
                _ -> {
                    Thread.sleep(time);
                    return true;
                });
    }

    /**
     * What a thread does until somebody interrupts it: takes from a queue, and works.
     *
     * @param <X> what it may fail with
     */
    @FunctionalInterface
    interface Life<X extends Exception> {
        void live() throws InterruptedException, X;
    }

    /**
     * Does what a thread lives for; an interrupt ends it, at its next wait.
     *
     * @return true if it ended by itself; false if an interrupt ended it
     */
    static <X extends Exception> boolean untilInterrupted(Life<X> life) throws X {
        try {
            life.live();
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Throwable cause(ExecutionException e) {
        Throwable cause = e.getCause();
        return cause == null ? e : cause;
    }
}
