package io.saya.container;

import io.saya.failure.RuntimeFailure;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The process on the host that stands for a container: its pid is what clients are told of the
 * container's first process and of its execs. They look for it in {@code /proc}, enter its
 * namespaces, and kill it where nothing else helps; so it lives as long as the container does, and
 * its end by another hand is that container's. Thread safe.
 */
public final class StandIn {

    private static final Log LOG = Log.of("stand-in");

    /** Only a host that is overloaded takes longer than some milliseconds for a fork. */
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    /** Only a process that is stuck in the kernel takes longer; it sleeps in a read. */
    private static final Duration REAP_LIMIT = Duration.ofSeconds(1);

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

    /** Takes one that another daemon has made. */
    public void adopt(HostProcess made) {
        synchronized (this) {
            begun = true;
        }
        process.complete(made);
    }

    /** The process, if it was made. */
    public Optional<HostProcess> process() {
        return process.isDone() && !process.isCompletedExceptionally()
                ? Optional.of(process.join())
                : Optional.empty();
    }

    private void make(Making making) {
        try {
            process.complete(making.make());
        } catch (IOException | RuntimeException | Error e) {
            process.completeExceptionally(e);
        }
    }

    /**
     * Waits until it is there.
     *
     * @throws RuntimeFailure with the cause if it could not be made
     */
    public int await() {
        return switch (Waited.on(process, START_LIMIT)) {
            case Waited.Done(HostProcess there) -> (int) there.pid();
            case Waited.Failed(Throwable cause) ->
                    throw RuntimeFailure.internal(
                            "no process on the host can stand for it: " + cause.getMessage(),
                            cause);
            case Waited.TimedOut() ->
                    throw RuntimeFailure.deadlineExceeded(
                            "the process that is to stand for it is not there after "
                                    + START_LIMIT.toMillis()
                                    + " ms",
                            null);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while a process that stands for it is made", null);
        };
    }

    /** Its id on the host, also when it has ended; 0 until it is there. */
    public int pid() {
        return process.isDone() && !process.isCompletedExceptionally()
                ? (int) process.join().pid()
                : 0;
    }

    /** True if it is there. */
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
     * is stuck: the guard sees to it then. One that was not begun is never made. May be called
     * again.
     */
    public void end() {
        synchronized (this) {
            ended = true;
            if (!begun) {
                // Or whoever creates the container now would wait for what nobody makes.
                process.completeExceptionally(
                        new IllegalStateException("the container ended before it was made"));
                return;
            }
        }
        switch (Waited.on(process, START_LIMIT)) {
            case Waited.Done(HostProcess there) -> {
                kill(there);
                if (Waited.on(there.exited(), REAP_LIMIT) instanceof Waited.TimedOut) {
                    LOG.error("process does not end after SIGKILL", "pid", pid());
                }
            }
            case Waited.Failed(Throwable cause) ->
                    LOG.debug("there is no stand-in to end", "error", cause);
            case Waited.TimedOut() ->
                    LOG.error("a stand-in is still being made", "limit", START_LIMIT);
            case Waited.Interrupted() -> {}
        }
    }

    /** A guard that refuses must not keep the end of the container from being told. */
    private void kill(HostProcess there) {
        try {
            there.signal(Signal.SIGKILL);
        } catch (RuntimeException e) {
            LOG.error("process cannot be killed", "pid", there.pid(), "error", e);
        }
    }
}
