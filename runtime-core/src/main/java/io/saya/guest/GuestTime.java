package io.saya.guest;

import io.saya.host.MemoryStall;
import io.saya.host.ProcessorTimes;
import io.saya.lifecycle.Patience;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Time as a guest can use it: the clock's, less what its VMM waited for a processor or for memory,
 * but never less than what it ran. On a busy host a VMM of a BestEffort pod may get a hundredth of
 * a processor, and one whose cgroup is above {@code memory.high} sleeps for most of each second;
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
     * Figures are read no more often, unless they decide: who boots asks every few milliseconds.
     */
    private static final Duration SHORTEST_STEP = Duration.ofSeconds(1);

    /**
     * How many times its limit by the clock a wait may last that has a bound by the clock at all.
     */
    static final int CLOCK_FACTOR = 10;

    private final Supplier<Optional<Figures>> vmm;
    private final LongSupplier clock;

    /**
     * What hindered a VMM so far.
     *
     * @param stalled how long it waited for memory
     */
    record Figures(ProcessorTimes processor, Duration stalled) {
        static Optional<Figures> of(long pid) {
            return ProcessorTimes.of(pid)
                    .map(processor -> new Figures(processor, MemoryStall.of(pid)));
        }

        /** The part of {@code step}, which ended with {@code now}, that could be used. */
        Duration usable(Figures now, Duration step) {
            Duration ran = grown(processor.ran(), now.processor.ran());
            // What a thread has waited that waits still is in no figure yet, or never will be: all
            // that is certain is what ran.
            Duration unhindered =
                    now.processor.engaged()
                            ? Duration.ZERO
                            : step.minus(grown(processor.waited(), now.processor.waited()))
                                    .minus(grown(stalled, now.stalled));
            Duration usable = ran.compareTo(unhindered) > 0 ? ran : unhindered;
            return usable.compareTo(step) < 0 ? usable : step;
        }

        private static Duration grown(Duration earlier, Duration later) {
            return later.compareTo(earlier) > 0 ? later.minus(earlier) : Duration.ZERO;
        }
    }

    /**
     * @param vmm figures of the VMM's process; where there are none, the clock alone counts
     * @param clock as {@link System#nanoTime}
     */
    GuestTime(Supplier<Optional<Figures>> vmm, LongSupplier clock) {
        this.vmm = vmm;
        this.clock = clock;
    }

    /**
     * The time of the guest of a VMM.
     *
     * @param pid of the VMM; 0 before there is one, and then the clock alone counts
     */
    public static GuestTime of(long pid) {
        return new GuestTime(() -> pid == 0 ? Optional.empty() : Figures.of(pid), System::nanoTime);
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
        private Optional<Figures> figures;
        private long last;
        private Duration used = Duration.ZERO;

        private Wait(Duration limit, Duration clockLimit) {
            this.limit = limit;
            this.clockLimit = clockLimit;
            this.figures = vmm.get();
            this.begun = clock.getAsLong();
            this.last = begun;
        }

        @Override
        public boolean exhausted() {
            long now = clock.getAsLong();
            Duration step = Duration.ofNanos(now - last);
            if (step.compareTo(SHORTEST_STEP) < 0
                    && used.plus(step).compareTo(limit) < 0
                    && Duration.ofNanos(now - begun).compareTo(clockLimit) < 0) {
                return false; // whatever the figures are
            }
            Duration counted = step.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step;
            Optional<Figures> then = figures;
            last = now;
            figures = vmm.get();
            used =
                    used.plus(
                            then.isEmpty() || figures.isEmpty()
                                    ? counted
                                    : then.get().usable(figures.get(), counted));
            return clockTime().compareTo(clockLimit) >= 0 || used.compareTo(limit) >= 0;
        }

        /** How long the wait has lasted by the clock. */
        public Duration clockTime() {
            return Duration.ofNanos(last - begun);
        }
    }
}
