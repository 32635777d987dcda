package io.saya.guest;

import io.saya.host.HostProcess;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.time.Duration;

/** Ends processes of the host by force. */
final class Reaping {

    private static final Log LOG = Log.of("guest");

    private Reaping() {}

    /** True if the process ends by itself within the limit. */
    static boolean awaitExit(HostProcess process, Duration limit) {
        return Waited.on(process.exited(), limit).isDone();
    }

    /**
     * Kills a process and waits for it, no longer than the limit; a process that is stuck in the
     * kernel is left to the guard.
     */
    static void kill(HostProcess process, Duration limit) {
        process.signal(Signal.SIGKILL);
        if (!awaitExit(process, limit)) {
            LOG.error("process does not end after SIGKILL", "pid", process.pid());
        }
    }

    /**
     * Kills a process and returns when it is reaped, however long that takes, since "stopped" must
     * be true. For a thread that others wait for with a limit.
     *
     * @param again after how long it is killed again
     */
    static void killAndAwait(HostProcess process, Duration again) {
        do {
            kill(process, again);
        } while (!process.exited().isDone() && !Thread.currentThread().isInterrupted());
    }
}
