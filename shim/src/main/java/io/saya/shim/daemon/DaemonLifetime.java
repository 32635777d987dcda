package io.saya.shim.daemon;

import io.saya.log.Log;
import io.saya.shim.service.TaskLifetime;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * How long the daemon lives: until containerd shuts it down or it is told to by a signal, and not
 * for ever where both fail to come. A daemon without a container that nobody asks for anything is
 * one whose containerd was killed between two steps (reference: containerd-shim.md, P-8).
 */
final class DaemonLifetime implements TaskLifetime {
    private static final Log LOG = Log.of("daemon");

    private final BooleanSupplier idle;
    private final Duration idleLimit;
    private final CountDownLatch end = new CountDownLatch(1);

    /** Counts what makes an earlier look at the containers worthless. */
    private final AtomicLong changes = new AtomicLong();

    /**
     * @param idle whether there is no container
     * @param idleLimit how long that may last; containerd needs milliseconds from {@code start} to
     *     its first request, and from the last container's end to {@code Shutdown}
     */
    DaemonLifetime(BooleanSupplier idle, Duration idleLimit) {
        this.idle = idle;
        this.idleLimit = idleLimit;
    }

    @Override
    public void containersChanged() {
        long change = changes.incrementAndGet();
        if (idle.getAsBoolean()) {
            Thread.ofVirtual().name("idle").start(() -> endIfStillIdle(change));
        }
    }

    private void endIfStillIdle(long change) {
        try {
            if (end.await(idleLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            // Nobody interrupts this thread; the condition below decides.
        }
        if (changes.get() == change && idle.getAsBoolean()) {
            LOG.warn("no container and no shutdown", "for", idleLimit);
            end("no container for " + idleLimit);
        }
    }

    @Override
    public void end(String reason) {
        LOG.info("daemon ends", "reason", reason);
        end.countDown();
    }

    /** Waits until somebody wants the end. */
    void await() {
        while (true) {
            try {
                end.await();
                return;
            } catch (InterruptedException _) {
                // The main thread ends by the latch alone.
            }
        }
    }
}
