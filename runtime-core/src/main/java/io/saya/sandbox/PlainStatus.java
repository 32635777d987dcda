package io.saya.sandbox;

import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Translates exit statuses of agents that tell the end by signal n and the exit with code n alike
 * ({@link io.saya.agent.AgentTrait#SIGNAL_IS_PLAIN_STATUS}). A status is taken for a signal where
 * something else speaks for one: it was sent from here, the container ran out of memory, or its
 * first process has ended and with it the kernel ended the others. Without that it stays a code.
 */
final class PlainStatus {

    /** How long a killed process is held for the guest to tell what killed it. */
    private static final Duration SIGN_LIMIT = Duration.ofMillis(500);

    private PlainStatus() {}

    /** True if the status may be that of a process that SIGKILL ended. */
    static boolean mayBeKill(int status) {
        return status == Signal.SIGKILL;
    }

    /**
     * Returns the status in the form 128 + n where a signal ended the process. Waits for half a
     * second where only the guest can tell.
     */
    static int withSignal(int status, Container container, ContainerProcess process) {
        if (status < 1 || status > Signal.HIGHEST) {
            return status;
        }
        boolean bySignal =
                process.wasSignalled(status)
                        || (mayBeKill(status) && wasKilled(container, process));
        return bySignal ? Signal.EXIT_BASE + status : status;
    }

    private static boolean wasKilled(Container container, ContainerProcess process) {
        // Such agents send SIGKILL in place of a SIGTERM that a first process does not handle.
        if (process.isInit() && process.wasSignalled(Signal.SIGTERM)) {
            return true;
        }
        CompletableFuture<Void> outOfMemory =
                container.outOfMemory().opened().toCompletableFuture();
        CompletableFuture<?> signs =
                process.isInit()
                        ? outOfMemory
                        : CompletableFuture.anyOf(
                                outOfMemory,
                                container.init().endTold().opened().toCompletableFuture());
        return Waited.on(signs, SIGN_LIMIT).isDone();
    }
}
