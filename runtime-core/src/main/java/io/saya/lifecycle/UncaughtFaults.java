package io.saya.lifecycle;

import io.saya.log.Log;

/**
 * Logs what ends a thread, with the thread's name: without it a thread ends unseen, or with a stack
 * on a stream that nobody reads. A fault that comes again and again is told a few times, then once
 * a minute. Thread safe.
 */
public final class UncaughtFaults implements Thread.UncaughtExceptionHandler {
    private static final int BURST = 10;
    private static final double PER_SECOND = 1.0 / 60;

    private static final Log LOG = Log.of("thread");

    private final Pace pace = new Pace(BURST, PER_SECOND);

    /** Has all threads' be logged from now on that have no handler of their own. */
    public static void logAll() {
        Thread.setDefaultUncaughtExceptionHandler(new UncaughtFaults());
    }

    @Override
    public void uncaughtException(Thread thread, Throwable fault) {
        if (pace.allows(1)) {
            LOG.error("a thread has ended by a fault", "thread", thread.getName(), "error", fault);
        }
    }
}
