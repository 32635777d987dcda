package io.saya.guest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures how long the phases of a start take. It is made with the first instruction of the
 * daemon, so it is as small as it can be. Thread safe.
 */
public final class StartClock {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final long start = System.nanoTime();
    private final long startedAt = System.currentTimeMillis();

    /** When each phase was over, in ns after the start. */
    @GuardedBy("this")
    private final EnumMap<StartPhase, Long> ends = new EnumMap<>(StartPhase.class);

    private volatile boolean restored;
    private volatile int failedRestores;

    /**
     * A phase that is over.
     *
     * @param millis how long it took: since the end of the one before
     */
    public record Timed(StartPhase phase, long millis) {}

    /** Notes that a phase is over; only its first end counts. */
    public synchronized void done(StartPhase phase) {
        ends.putIfAbsent(phase, System.nanoTime() - start);
    }

    /** Notes that the guest did not boot but was restored from a template. */
    public void restored() {
        restored = true;
    }

    /** Notes that a template was there and the guest could not be restored from it. */
    public void restoreFailed() {
        failedRestores = 1;
    }

    /** How many templates the guest could not be restored from: 0 or 1. */
    public int failedRestores() {
        return failedRestores;
    }

    /** How the guest came up, in one word: {@code booted} or {@code restored}. */
    public String origin() {
        return restored ? "restored" : "booted";
    }

    /** The phase that is under way: the one after the last that is over. */
    synchronized StartPhase current() {
        StartPhase[] all = StartPhase.values();
        for (int i = all.length - 1; i > 0; i--) {
            if (ends.containsKey(all[i - 1])) {
                return all[i];
            }
        }
        return all[0];
    }

    /** When the start began, in ms since 1970. */
    public long startedAt() {
        return startedAt;
    }

    /** Time since the start, in ms. */
    public long millis() {
        return (System.nanoTime() - start) / NANOS_PER_MILLI;
    }

    /** The phases that are over as fields of a log line: {@code qemu_spawn_ms}, 42 and so on. */
    public Object[] fields() {
        List<Object> fields = new ArrayList<>();
        for (Timed timed : phases()) {
            fields.add(timed.phase().word().toLowerCase(Locale.ROOT).replace(' ', '_') + "_ms");
            fields.add(timed.millis());
        }
        return fields.toArray();
    }

    /** The phases that are over, in their order. */
    public synchronized List<Timed> phases() {
        List<Timed> phases = new ArrayList<>();
        long before = 0;
        for (Map.Entry<StartPhase, Long> ended : ends.entrySet()) {
            long end = ended.getValue();
            phases.add(new Timed(ended.getKey(), Math.max(0, end - before) / NANOS_PER_MILLI));
            before = Math.max(before, end);
        }
        return phases;
    }
}
