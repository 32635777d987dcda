package io.saya.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How fast something may go on that others cause: so much in one go, and so much a second in the
 * long run. It says how long to wait and does not wait itself. Thread safe.
 */
public final class Pace {
    private final long burstNanos;
    private final double nanosEach;
    private final LongSupplier clock;

    /** When all that was done would be done at the pace of the long run; never long past. */
    @GuardedBy("this")
    private long due;

    /**
     * @param burst units that may be done in one go, at least 1
     * @param perSecond units a second in the long run, above 0
     */
    public Pace(long burst, double perSecond) {
        this(burst, perSecond, System::nanoTime);
    }

    /**
     * The same, by another clock.
     *
     * @param clock as {@link System#nanoTime}
     */
    public Pace(long burst, double perSecond, LongSupplier clock) {
        if (burst < 1 || !(perSecond > 0)) {
            throw new IllegalArgumentException(
                    "pace: "
                            + burst
                            + ", "
                            + perSecond
                            + " a second (expected: at least 1, above 0)");
        }
        this.nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.burstNanos = (long) (burst * nanosEach);
        this.clock = clock;
        this.due = clock.getAsLong();
    }

    /**
     * Counts what was done, or is about to be, whether or not it is too much.
     *
     * @param units at least 0
     * @return how long to wait before more is done; zero if that may be now
     */
    public synchronized Duration spend(long units) {
        long now = clock.getAsLong();
        if (due - now < 0) {
            due = now;
        }
        due += (long) (units * nanosEach);
        return Duration.ofNanos(Math.max(0, due - now - burstNanos));
    }

    /**
     * Counts what is about to be done if that is not too much.
     *
     * @return false if it is too much; it is not counted then
     */
    public synchronized boolean allows(long units) {
        long now = clock.getAsLong();
        long start = due - now < 0 ? now : due;
        long end = start + (long) (units * nanosEach);
        if (end - now > burstNanos) {
            return false;
        }
        due = end;
        return true;
    }
}
