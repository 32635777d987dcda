package io.saya.guest;

import io.saya.host.ProcessorTimes;
import io.saya.lifecycle.Patience;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Time as a guest can use it: the clock's, less what its VMM waited for a processor, but never less
 * than what it ran. On a busy host a VMM of a BestEffort pod may get a hundredth of a processor;
 * what its guest does takes a hundred times as long then, and it is not lost for that. Limits on
 * what a guest does count this time.
 */
public final class GuestTime {

    /**
     * The most that one look can count. After a longer pause this process got no processor, or the
     * host stood still, and nobody knows what the guest could do.
     */
    private static final Duration LONGEST_STEP = Duration.ofSeconds(5);

    /**
     * How many times its limit by the clock a wait may last that has a bound by the clock at all.
     */
    static final int CLOCK_FACTOR = 10;

    private final Supplier<Optional<ProcessorTimes>> vmm;
    private final LongSupplier clock;

    /**
     * @param vmm figures of the VMM's process; where there are none, the clock alone counts
     * @param clock as {@link System#nanoTime}
     */
    GuestTime(Supplier<Optional<ProcessorTimes>> vmm, LongSupplier clock) {
        this.vmm = vmm;
        this.clock = clock;
    }

    /**
     * The time of the guest of a VMM.
     *
     * @param pid of the VMM; 0 before there is one, and then the clock alone counts
     */
    public static GuestTime of(long pid) {
        return new GuestTime(
                () -> pid == 0 ? Optional.empty() : ProcessorTimes.of(pid), System::nanoTime);
    }

    /** Begins to wait: for {@code limit} of this time, and ten times as long by the clock. */
    public Wait await(Duration limit) {
        return await(limit, CLOCK_FACTOR);
    }

    /** Begins to wait: for {@code limit} of this time, and so many times as long by the clock. */
    public Wait await(Duration limit, int clockFactor) {
        return new Wait(limit, limit.multipliedBy(clockFactor));
    }

    /** Begins to wait with no bound by the clock. */
    public Wait awaitHoweverLong(Duration limit) {
        return new Wait(limit, Duration.ofNanos(Long.MAX_VALUE));
    }

    /** One wait that counts the guest's time. Not thread safe. */
    public final class Wait implements Patience {
        private final Duration limit;
        private final Duration clockLimit;
        private final long begun;
        private final Optional<ProcessorTimes> before;
        private long last;
        private Duration passed = Duration.ZERO;

        /** What is over stays over: figures of a busy moment must not begin it anew. */
        private boolean over;

        private Wait(Duration limit, Duration clockLimit) {
            this.limit = limit;
            this.clockLimit = clockLimit;
            this.before = vmm.get();
            this.begun = clock.getAsLong();
            this.last = begun;
        }

        @Override
        public boolean exhausted() {
            long now = clock.getAsLong();
            Duration step = Duration.ofNanos(now - last);
            last = now;
            passed = passed.plus(step.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step);
            // Where the clock has not reached the limit, less than that has not: no figures needed.
            over =
                    over
                            || clockTime().compareTo(clockLimit) >= 0
                            || (passed.compareTo(limit) >= 0 && usable().compareTo(limit) >= 0);
            return over;
        }

        /** How long the wait has lasted by the clock. */
        public Duration clockTime() {
            return Duration.ofNanos(last - begun);
        }

        private Duration usable() {
            Optional<ProcessorTimes> now = vmm.get();
            if (before.isEmpty() || now.isEmpty()) {
                return passed;
            }
            Duration ran = grown(before.get().ran(), now.get().ran());
            if (now.get().runnable()) {
                // A thread may have been waiting for long, and the kernel has not counted it yet:
                // all that is certain is what ran.
                return ran;
            }
            Duration unhindered = passed.minus(grown(before.get().waited(), now.get().waited()));
            return ran.compareTo(unhindered) > 0 ? ran : unhindered;
        }
    }

    private static Duration grown(Duration earlier, Duration later) {
        return later.compareTo(earlier) > 0 ? later.minus(earlier) : Duration.ZERO;
    }
}
