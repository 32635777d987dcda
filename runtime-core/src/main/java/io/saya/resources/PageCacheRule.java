package io.saya.resources;

import io.saya.cgroup.PodMemory;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Decides when a guest is to give up page cache, and how much of it:
 * runtime-core/README.md#page-cache. Used by one thread at a time.
 */
public final class PageCacheRule {

    /** Between two requests, as long as the guest finds something to give up. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** Between two requests to a guest that had next to nothing left. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** Of the time, for which processes of the pod have waited for memory: one part in so many. */
    private static final int STALLED_PART = 20;

    /** Of what is held, that is asked for when the pod's processes wait for memory. */
    private static final int ASKED_PART = 8;

    private static final long LEAST = 16L << 20;
    private static final long MOST = 256L << 20;

    private OptionalLong stalledBefore = OptionalLong.empty();
    private long lookedAt;
    private long notBefore = Long.MIN_VALUE;
    private Duration pause = PAUSE;

    /**
     * Looks at the pod's memory; to be called every few seconds.
     *
     * @param outgrows whether the machine and what is beside it can become larger than the pod's
     *     limit
     * @param nanos as {@link System#nanoTime}
     * @return how many bytes the guest is to give up; empty: none
     */
    public OptionalLong ask(PodMemory memory, boolean outgrows, long nanos) {
        boolean stalled = stalled(memory, nanos);
        stalledBefore = memory.stalledMicros();
        lookedAt = nanos;
        if (notBefore != Long.MIN_VALUE && nanos - notBefore < 0) {
            return OptionalLong.empty();
        }
        long limit = outgrows ? memory.limitBytes().orElse(Long.MAX_VALUE) : Long.MAX_VALUE;
        if (memory.heldBytes() > limit / 10 * 9) {
            return OptionalLong.of(Math.clamp(memory.heldBytes() - limit / 10 * 8, LEAST, MOST));
        }
        return stalled
                ? OptionalLong.of(Math.clamp(memory.heldBytes() / ASKED_PART, LEAST, MOST))
                : OptionalLong.empty();
    }

    private boolean stalled(PodMemory memory, long nanos) {
        if (memory.stalledMicros().isEmpty() || stalledBefore.isEmpty()) {
            return false;
        }
        long stalled = memory.stalledMicros().getAsLong() - stalledBefore.getAsLong();
        return stalled > (nanos - lookedAt) / 1000 / STALLED_PART;
    }

    /**
     * Notes what came of a request, which sets the time of the next one.
     *
     * @param bytes that the guest says it gave up; 0 where it failed
     */
    public void gaveUp(long asked, long bytes, long nanos) {
        Duration longer = pause.multipliedBy(2);
        pause =
                bytes >= asked / 4
                        ? PAUSE
                        : longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
        notBefore = nanos + pause.toNanos();
    }
}
