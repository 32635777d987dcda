package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DurationHistogramTest {
    private static final long MILLI = 1_000_000;

    private final DurationHistogram histogram = new DurationHistogram();

    private int bucketOf(long nanos) {
        DurationHistogram one = new DurationHistogram();
        one.record(nanos);
        for (int i = 0; i <= DurationHistogram.BOUNDS; i++) {
            if (one.read().count(i) == 1) {
                return i;
            }
        }
        throw new AssertionError(nanos + " ns are in no bucket");
    }

    @Test
    void aBoundBelongsToItsBucketAndWhatIsAboveToTheNext() {
        for (int i = 0; i < DurationHistogram.BOUNDS; i++) {
            long bound = DurationHistogram.boundMillis(i) * MILLI;
            assertThat(bucketOf(bound)).as("%s ns", bound).isEqualTo(i);
            assertThat(bucketOf(bound + 1)).as("%s ns", bound + 1).isEqualTo(i + 1);
        }
    }

    @Test
    void nothingIsTooShortOrTooLong() {
        assertThat(bucketOf(0)).isZero();
        assertThat(bucketOf(-1)).isZero();
        assertThat(bucketOf(Long.MAX_VALUE)).isEqualTo(DurationHistogram.BOUNDS);
    }

    @Test
    void theSumIsOfAllAndAClockThatWentBackTakesNothingAway() {
        histogram.record(3 * MILLI);
        histogram.record(MILLI);
        histogram.record(-5 * MILLI);
        assertThat(histogram.read().sumNanos()).isEqualTo(4 * MILLI);
        assertThat(histogram.read().count()).isEqualTo(3);
    }

    @Test
    void whatSeveralThreadsCountIsNotLost() throws Exception {
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        for (int j = 0; j < 10_000; j++) {
                                            histogram.record(MILLI);
                                        }
                                    });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(histogram.read().count(0)).isEqualTo(40_000);
        assertThat(histogram.read().sumNanos()).isEqualTo(40_000 * MILLI);
    }
}
