package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cgroup.PodMemory;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class PageCacheRuleTest {
    private static final long MIB = 1 << 20;

    private final PageCacheRule rule = new PageCacheRule();
    private long now = 1_000_000_000_000L;
    private long stalled;

    private OptionalLong look(long heldMib, long limitMib, boolean outgrows) {
        return rule.ask(
                new PodMemory(
                        limitMib == 0 ? OptionalLong.empty() : OptionalLong.of(limitMib * MIB),
                        heldMib * MIB,
                        OptionalLong.of(stalled)),
                outgrows,
                now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void aPodThatFitsIsLeftAlone() {
        assertThat(look(990, 1000, false)).isEmpty();
        assertThat(look(890, 1000, true)).isEmpty();
        assertThat(look(100_000, 0, true)).isEmpty();
    }

    @Test
    void oneThatOutgrowsItsLimitIsTakenBackToFourFifths() {
        assertThat(look(960, 1000, true)).hasValue(960 * MIB - 1000 * MIB / 10 * 8);
        assertThat(look(9600, 10_000, true)).hasValue(256 * MIB);
        assertThat(look(91, 100, true)).hasValue(16 * MIB);
    }

    @Test
    void oneWhoseProcessesWaitForMemoryGivesAnEighth() {
        assertThat(look(800, 0, false)).isEmpty();
        pass(Duration.ofSeconds(2));
        stalled += 99_000;
        assertThat(look(800, 0, false)).isEmpty();
        pass(Duration.ofSeconds(2));
        stalled += 101_000;
        assertThat(look(800, 0, false)).hasValue(100 * MIB);
    }

    @Test
    void whatTheKernelDoesNotCountIsNoPressure() {
        for (int i = 0; i < 3; i++) {
            assertThat(
                            rule.ask(
                                    new PodMemory(OptionalLong.empty(), MIB, OptionalLong.empty()),
                                    true,
                                    now))
                    .isEmpty();
            pass(Duration.ofSeconds(2));
        }
    }

    @Test
    void requestsAreTenSecondsApartAndLessOftenWhereNothingIsLeft() {
        rule.gaveUp(100 * MIB, 90 * MIB, now);
        assertThat(afterwards(PageCacheRule.PAUSE)).isTrue();
        Duration pause = PageCacheRule.PAUSE;
        for (int i = 0; i < 10; i++) {
            rule.gaveUp(100 * MIB, MIB, now);
            pause = pause.multipliedBy(2);
            if (pause.compareTo(PageCacheRule.LONGEST_PAUSE) > 0) {
                pause = PageCacheRule.LONGEST_PAUSE;
            }
            assertThat(afterwards(pause)).as("%d: %s", i, pause).isTrue();
        }
        rule.gaveUp(100 * MIB, Long.MAX_VALUE, now);
        assertThat(afterwards(PageCacheRule.PAUSE)).isTrue();
    }

    /** True if nothing is asked for before this time is over, and something after it. */
    private boolean afterwards(Duration pause) {
        pass(pause.minusNanos(1));
        boolean before = look(960, 1000, true).isPresent();
        pass(Duration.ofNanos(1));
        return !before && look(960, 1000, true).isPresent();
    }
}
