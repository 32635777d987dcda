package io.saya.io;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Platform threads for calls into the kernel that may block for long: a virtual thread would take
 * its carrier with it, and there are as many carriers as processors. A thread stays for a moment
 * after its work, so that a series of short processes shares a few; then it is gone.
 *
 * <p>No bound of its own: each stream of a process uses at most one thread at a time, and a task
 * that waits in a queue for another stream's client would be a deadlock.
 */
final class BlockingThreads implements Executor {
    /** How long an idle thread waits for more work. */
    static final Duration KEEP_ALIVE = Duration.ofMillis(250);

    /** Reserved, not used: what is touched of it is a few pages. */
    private static final long STACK_BYTES = 256 << 10;

    private final AtomicInteger started = new AtomicInteger();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    0,
                    Integer.MAX_VALUE,
                    KEEP_ALIVE.toMillis(),
                    TimeUnit.MILLISECONDS,
                    new SynchronousQueue<>(),
                    this::thread);

    @Override
    public void execute(Runnable blocking) {
        threads.execute(blocking);
    }

    private Thread thread(Runnable work) {
        String name = "stdio-" + started.incrementAndGet();
        Thread thread = new Thread(null, work, name, STACK_BYTES, false);
        thread.setDaemon(true);
        return thread;
    }
}
