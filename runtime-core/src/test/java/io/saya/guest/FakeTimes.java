package io.saya.guest;

import io.saya.host.ProcessorTimes;
import java.time.Duration;
import java.util.Optional;

/** A clock that goes on by one step whenever it is read, and a VMM's share of each step. */
final class FakeTimes {
    private final Duration step;
    private final Duration ran;
    private final Duration waited;
    private final Duration stalled;
    private final boolean engaged;
    private long steps;

    /**
     * @param ran of all threads together in each step
     * @param waited likewise
     * @param engaged whether each look finds a thread that waits or runs
     */
    FakeTimes(Duration step, Duration ran, Duration waited, boolean engaged) {
        this(step, ran, waited, Duration.ZERO, engaged);
    }

    private FakeTimes(
            Duration step, Duration ran, Duration waited, Duration stalled, boolean engaged) {
        this.step = step;
        this.ran = ran;
        this.waited = waited;
        this.stalled = stalled;
        this.engaged = engaged;
    }

    /**
     * Next to no processor, as with two shares beside busy loops: between two times that it runs
     * pass many looks, and the kernel has counted no wait at any of them.
     */
    static FakeTimes starved() {
        return new FakeTimes(Duration.ofSeconds(2), Duration.ofMillis(10), Duration.ZERO, true);
    }

    /** The same, looked at when the waits have been counted. */
    static FakeTimes hasWaited() {
        return new FakeTimes(
                Duration.ofSeconds(2), Duration.ofMillis(10), Duration.ofMillis(1_990), false);
    }

    /** Its cgroup is above memory.high: it sleeps for most of the time. */
    static FakeTimes heldUp() {
        return new FakeTimes(
                Duration.ofSeconds(2),
                Duration.ofMillis(10),
                Duration.ZERO,
                Duration.ofMillis(1_990),
                false);
    }

    /** Nothing to do, and a processor when there is something. */
    static FakeTimes idle() {
        return new FakeTimes(
                Duration.ofSeconds(2), Duration.ofMillis(5), Duration.ofMillis(1), false);
    }

    /** The time of this VMM's guest. */
    GuestTime guestTime() {
        return new GuestTime(
                () ->
                        Optional.of(
                                new GuestTime.Figures(
                                        new ProcessorTimes(
                                                ran.multipliedBy(steps),
                                                waited.multipliedBy(steps),
                                                engaged),
                                        stalled.multipliedBy(steps))),
                this::tick);
    }

    /** The same of a kernel that has no figures. */
    GuestTime withoutFigures() {
        return new GuestTime(Optional::empty, this::tick);
    }

    /** What it shows. */
    synchronized Duration clock() {
        return step.multipliedBy(steps);
    }

    private synchronized long tick() {
        steps++;
        return clock().toNanos();
    }
}
