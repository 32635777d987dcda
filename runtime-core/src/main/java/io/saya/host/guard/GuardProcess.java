package io.saya.host.guard;

import io.saya.host.HostFailure;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A child of the guard, known by a handle that is never used again. */
final class GuardProcess implements HostProcess {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final GuardConnection connection;
    private final String program;
    private final CompletableFuture<ProcessExit> exited = new CompletableFuture<>();
    private volatile int handle;
    private volatile long pid;
    private volatile @Nullable String finalTail;

    GuardProcess(GuardConnection connection, String program) {
        this.connection = connection;
        this.program = program;
    }

    void started(int handle, long pid) {
        this.handle = handle;
        this.pid = pid;
    }

    /**
     * Notes the end; called by the reader. The future completes on a thread of its own, since what
     * hangs on it may call the guard again.
     */
    void ended(ProcessExit exit, String tail) {
        finalTail = tail;
        Thread.ofVirtual().name("exit-" + program).start(new Completion(exit));
    }

    private final class Completion implements Runnable {
        private final ProcessExit exit;

        Completion(ProcessExit exit) {
            this.exit = exit;
        }

        @Override
        public void run() {
            exited.complete(exit);
        }
    }

    @Override
    public int handle() {
        return handle;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public CompletableFuture<ProcessExit> exited() {
        return exited.copy();
    }

    @Override
    public void signal(int number) {
        if (number < 1 || number > 64) {
            throw new IllegalArgumentException("signal: " + number + " (expected: 1 to 64)");
        }
        if (finalTail != null) {
            return;
        }
        try {
            connection.call(
                    new FrameWriter(Frame.SIGNAL).u32(handle).u32(number),
                    "signal " + number + " to " + program + " (pid " + pid + ")",
                    LIMIT);
        } catch (HostFailure e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (IOException _) {
            // A guard that does not answer is gone, and with it this process: exited() will say so.
        }
    }

    @Override
    public String outputTail() {
        String known = finalTail;
        if (known != null) {
            return known;
        }
        try {
            String tail =
                    connection
                            .call(
                                    new FrameWriter(Frame.TAIL).u32(handle),
                                    "output of " + program + " (pid " + pid + ")",
                                    LIMIT)
                            .string();
            String ended = finalTail; // it may have ended in between, and the guard forgotten it
            return ended != null ? ended : tail;
        } catch (IOException e) {
            String ended = finalTail;
            return ended != null ? ended : "(" + e.getMessage() + ")";
        }
    }

    @Override
    public String toString() {
        return program + " (pid " + pid + ")";
    }
}
