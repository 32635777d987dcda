package io.saya.guest;

import io.saya.agent.Patience;
import io.saya.host.ProcessorTimes;
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
     * How much one look can count: after a longer pause it was this process that got no processor,
     * or the host that stood still, and nobody knows what the guest could do.
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
     * @param pid of the VMM; 0 before there is one
     */
    static GuestTime of(long pid) {
        return new GuestTime(
                () -> pid == 0 ? Optional.empty() : ProcessorTimes.of(pid), System::nanoTime);
    }

    /** Begins to wait: for {@code limit} of this time, and ten times as long by the clock. */
    public Wait await(Duration limit) {
        return new Wait(limit, limit.multipliedBy(CLOCK_FACTOR));
    }

    /** Begins to wait with no bound by the clock. */
    public Wait awaitHoweverLong(Duration limit) {
        return new Wait(limit, Duration.ofNanos(Long.MAX_VALUE));
    }

    /** One wait. Not thread safe. */
    public final class Wait implements Patience {
        private final Duration limit;
        private final Duration clockLimit;
        private final long begun;
        private long last;
        private Optional<ProcessorTimes> times;
        private Duration lived = Duration.ZERO;

        private Wait(Duration limit, Duration clockLimit) {
            this.limit = limit;
            this.clockLimit = clockLimit;
            this.times = vmm.get();
            this.begun = clock.getAsLong();
            this.last = begun;
        }

        @Override
        public boolean exhausted() {
            long now = clock.getAsLong();
            // A limit that the clock has not reached is not reached by less; nobody needs figures.
            if (now - begun < limit.toNanos() && now - last < LONGEST_STEP.toNanos() / 2) {
                return false;
            }
            Optional<ProcessorTimes> current = vmm.get();
            lived = lived.plus(usable(Duration.ofNanos(now - last), times, current));
            last = now;
            times = current;
            return lived.compareTo(limit) >= 0 || clockTime().compareTo(clockLimit) >= 0;
        }

        /** How long it has lasted by the clock. */
        Duration clockTime() {
            return Duration.ofNanos(last - begun);
        }
    }

    private static Duration usable(
            Duration passed, Optional<ProcessorTimes> before, Optional<ProcessorTimes> after) {
        Duration step = passed.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : passed;
        if (before.isEmpty() || after.isEmpty()) {
            return step;
        }
        Duration ran = grown(before.get().ran(), after.get().ran());
        Duration waited = grown(before.get().waited(), after.get().waited());
        Duration unhindered = passed.minus(waited);
        Duration usable = ran.compareTo(unhindered) > 0 ? ran : unhindered;
        return usable.compareTo(step) > 0 ? step : usable;
    }

    private static Duration grown(Duration before, Duration after) {
        return after.compareTo(before) > 0 ? after.minus(before) : Duration.ZERO;
    }
}
