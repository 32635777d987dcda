package io.saya.shim.metrics;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations in buckets that double: 1 ms, 2 ms, ... 32.768 s, and beyond. Counting takes some
 * nanoseconds, allocates nothing and never waits. Thread safe.
 */
final class DurationHistogram {
    /** Buckets with a bound. */
    static final int BOUNDS = 16;

    private static final long FIRST_BOUND_NANOS = 1_000_000;
    private static final int SUM = BOUNDS + 1;

    /** The buckets, the one without a bound, the sum in nanoseconds: one object. */
    private final AtomicLongArray values = new AtomicLongArray(BOUNDS + 2);

    /** Counts a duration; a clock that went back counts as 0. */
    void record(long nanos) {
        values.incrementAndGet(bucket(nanos));
        values.addAndGet(SUM, Math.max(0, nanos));
    }

    private static int bucket(long nanos) {
        if (nanos <= FIRST_BOUND_NANOS) {
            return 0;
        }
        long wholeBounds = (nanos - 1) / FIRST_BOUND_NANOS;
        return Math.min(BOUNDS, Long.SIZE - Long.numberOfLeadingZeros(wholeBounds));
    }

    /** The upper bound of a bucket in milliseconds, inclusive. */
    static long boundMillis(int bucket) {
        return 1L << bucket;
    }

    /** A copy whose parts belong together as nearly as a scrape needs. */
    Reading read() {
        long[] counts = new long[BOUNDS + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = values.get(i);
        }
        return new Reading(counts, values.get(SUM));
    }

    /** The counts at one moment. Immutable. */
    static final class Reading {
        private final long[] counts;
        private final long sumNanos;

        private Reading(long[] counts, long sumNanos) {
            this.counts = counts;
            this.sumNanos = sumNanos;
        }

        /**
         * The number of durations in one bucket alone.
         *
         * @param bucket from 0; {@link #BOUNDS}: the one without a bound
         */
        long count(int bucket) {
            return counts[bucket];
        }

        /** The number of durations in all buckets. */
        long count() {
            long all = 0;
            for (long count : counts) {
                all += count;
            }
            return all;
        }

        long sumNanos() {
            return sumNanos;
        }

        /** Both together. */
        Reading plus(Reading other) {
            long[] sums = counts.clone();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += other.counts[i];
            }
            return new Reading(sums, sumNanos + other.sumNanos);
        }
    }
}
