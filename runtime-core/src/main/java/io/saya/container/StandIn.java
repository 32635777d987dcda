package io.saya.container;

import io.saya.failure.RuntimeFailure;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.log.Log;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The process on the host that stands for a container: its pid is what clients are told of the
 * container's first process and of its execs. They look for it in {@code /proc}, enter its
 * namespaces, and kill it where nothing else helps; so it lives as long as the container does, and
 * its end by another hand is that container's. Thread safe.
 */
public final class StandIn {

    private static final Log LOG = Log.of("stand-in");

    /** Only a host that is overloaded takes longer than some milliseconds for a fork. */
    private static final long START_LIMIT_MS = 30_000;

    /** Only a process that is stuck in the kernel takes longer; it sleeps in a read. */
    private static final long REAP_LIMIT_MS = 1_000;

    private final CompletableFuture<HostProcess> process = new CompletableFuture<>();

    /** Guarded by this. */
    private boolean begun;

    private volatile boolean ended;

    /** How it is made; blocks until it is there. */
    @FunctionalInterface
    public interface Making {
        HostProcess make() throws IOException;
    }

    /** Begins to make it, unless it has ended; does not wait. */
    public void begin(Making making) {
        synchronized (this) {
            if (ended || begun) {
                return;
            }
            begun = true;
        }
        Thread.ofVirtual().name("stand-in").start(() -> make(making));
    }

    private void make(Making making) {
        try {
            process.complete(making.make());
        } catch (IOException | RuntimeException e) {
            process.completeExceptionally(e);
        }
    }

    /**
     * Waits until it is there.
     *
     * @throws RuntimeFailure with the cause if it could not be made
     */
    public int await() {
        try {
            return (int) process.get(START_LIMIT_MS, TimeUnit.MILLISECONDS).pid();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw RuntimeFailure.internal(
                    "no process on the host can stand for it: "
                            + (cause == null ? e : cause).getMessage(),
                    e);
        } catch (TimeoutException e) {
            throw RuntimeFailure.deadlineExceeded(
                    "the process that is to stand for it is not there after "
                            + START_LIMIT_MS
                            + " ms",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable("interrupted", e);
        }
    }

    /** Its id on the host, also when it has ended; 0 until it is there. */
    public int pid() {
        return process.isDone() && !process.isCompletedExceptionally()
                ? (int) process.join().pid()
                : 0;
    }

    /** Whether it is there. */
    public boolean lives() {
        return pid() != 0 && !process.join().exited().isDone();
    }

    /** Calls this, on a thread that may be blocked, if it is killed by somebody else. */
    public void whenKilled(Runnable action) {
        var _ =
                process.thenAccept(
                        there -> {
                            var _ = there.exited().thenAccept(exit -> gone(exit, action));
                        });
    }

    private void gone(ProcessExit exit, Runnable action) {
        if (!ended && !(exit instanceof ProcessExit.GuardLost)) {
            Thread.ofVirtual().name("stand-in").start(action);
        }
    }

    /**
     * Ends it, also one that is just being made; returns when it is reaped, or after a second if it
     * is stuck: the guard sees to it then. May be called again.
     */
    public void end() {
        synchronized (this) {
            ended = true;
            if (!begun) {
                return;
            }
        }
        try {
            HostProcess there = process.get(START_LIMIT_MS, TimeUnit.MILLISECONDS);
            there.signal(Signal.SIGKILL);
            there.exited().get(REAP_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            LOG.debug("there is no stand-in to end", "error", e.getCause());
        } catch (TimeoutException e) {
            LOG.error("process does not end after SIGKILL", "pid", pid());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
