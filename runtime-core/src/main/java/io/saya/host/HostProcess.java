package io.saya.host;

import java.util.concurrent.CompletableFuture;

/** A child process of the guard. Thread safe. */
public interface HostProcess {

    /**
     * The number by which another daemon of the same sandbox can name it ({@link Host#known}).
     *
     * @throws UnsupportedOperationException if there is none
     */
    default int handle() {
        throw new UnsupportedOperationException();
    }

    /**
     * The host's process id. Valid while {@link #exited()} is not done: only then is the number
     * certain to be this process.
     */
    long pid();

    /**
     * Completes, never exceptionally, when the process has exited and is reaped, or when the guard
     * is lost.
     */
    CompletableFuture<ProcessExit> exited();

    /**
     * Sends a signal. Does nothing if the process has exited. Returns when the kernel has taken the
     * signal.
     */
    void signal(int number);

    /** The last bytes (at most 16 KiB) that the process wrote to stdout and stderr. */
    String outputTail();
}
