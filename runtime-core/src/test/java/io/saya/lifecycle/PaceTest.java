package io.saya.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private final Pace pace = new Pace(10, 2, clock::get);

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void aBurstIsFreeAndWhatFollowsHasToWait() {
        assertThat(pace.spend(10)).isZero();
        assertThat(pace.spend(1)).isEqualTo(Duration.ofMillis(500));
        assertThat(pace.spend(1)).isEqualTo(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));
        assertThat(pace.spend(0)).isZero();
    }

    @Test
    void timeThatNobodyUsedIsNoMoreThanABurst() {
        pass(Duration.ofDays(300));
        assertThat(pace.spend(11)).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void whatIsRefusedCostsNothing() {
        assertThat(pace.allows(10)).isTrue();
        for (int i = 0; i < 1000; i++) {
            assertThat(pace.allows(1)).isFalse();
        }
        pass(Duration.ofMillis(500));
        assertThat(pace.allows(1)).isTrue();
        assertThat(pace.allows(1)).isFalse();
    }

    @Test
    void aDayHasNoMoreThanTheBurstAndTheRate() {
        long done = 0;
        for (int i = 0; i < TimeUnit.DAYS.toSeconds(1) * 10; i++) {
            done += pace.allows(1) ? 1 : 0;
            pass(Duration.ofMillis(100));
        }
        assertThat(done).isBetween(172_800L, 172_811L);
    }
}
