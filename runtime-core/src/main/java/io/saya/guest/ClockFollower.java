package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Keeps the guest's clock with the host's. A guest reads the time once, when it boots, from a clock
 * that knows whole seconds only; what happens to the host's clock later (somebody sets it, the host
 * was suspended) does not reach it. So it is told: when its agent has answered, when the host's
 * clock was found to have gone another way than the host's time since its boot, and now and then,
 * since a guest counts time a little faster or slower. Thread safe; nothing here blocks its caller.
 */
final class ClockFollower {

    /** A step of the host's clock that the guest is told of at the next look. */
    private static final Duration STEP = Duration.ofMillis(5);

    /** Between two reminders; what a guest's clock loses or gains in this time is some ms. */
    private static final Duration REMINDER = Duration.ofMinutes(1);

    /** The guest's clock is late by as much as the message took: what took longer is repeated. */
    private static final Duration QUICK = Duration.ofMillis(20);

    private static final int TRIES = 5;

    private static final Log LOG = Log.of("clock");

    private final InstantSource host;
    private final LongSupplier sinceBoot;
    private final AtomicBoolean telling = new AtomicBoolean();
    private volatile long toldOffset;
    private volatile long toldAt;

    ClockFollower() {
        this(InstantSource.system(), System::nanoTime);
    }

    /**
     * @param host the time of day
     * @param sinceBoot ns on a clock that nobody sets
     */
    ClockFollower(InstantSource host, LongSupplier sinceBoot) {
        this.host = host;
        this.sinceBoot = sinceBoot;
    }

    /**
     * Tells the guest if it has to know; to be called every few seconds.
     *
     * @param remind whether it takes a few ms smoothly, so that it can be reminded; others may have
     *     a clock daemon of their own
     */
    void look(Agent agent, boolean remind) {
        long now = sinceBoot.getAsLong();
        if (Math.abs(offset(now) - toldOffset) >= STEP.toNanos()
                || (remind && now - toldAt >= REMINDER.toNanos())) {
            tell(agent);
        }
    }

    /** Tells the guest what time it is, in a thread of its own. */
    void tell(Agent agent) {
        if (telling.compareAndSet(false, true)) {
            Thread.ofVirtual().name("clock").start(() -> tellUntilQuick(agent));
        }
    }

    /** True if a message is on its way; for tests. */
    boolean isTelling() {
        return telling.get();
    }

    private void tellUntilQuick(Agent agent) {
        try {
            for (int i = 0; i < TRIES; i++) {
                long begin = sinceBoot.getAsLong();
                toldOffset = offset(begin);
                toldAt = begin;
                agent.setTime(host.instant());
                if (sinceBoot.getAsLong() - begin <= QUICK.toNanos()) {
                    return;
                }
            }
        } catch (RuntimeFailure e) {
            LOG.debug("the guest's clock is not set", "error", e);
        } finally {
            telling.set(false);
        }
    }

    private long offset(long since) {
        Instant time = host.instant();
        return time.getEpochSecond() * 1_000_000_000L + time.getNano() - since;
    }
}
