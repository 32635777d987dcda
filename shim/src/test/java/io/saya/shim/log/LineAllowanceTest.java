package io.saya.shim.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineAllowanceTest {
    private static final int SECONDS_A_DAY = 86_400;

    private final AtomicLong clock = new AtomicLong();
    private final LineAllowance allowance = new LineAllowance(clock::get);

    private boolean admits(LogLevel level, String component, String message) {
        return allowance.admits(new LogRecord(0, level, component, message, List.of()));
    }

    /** A day in which a guest has ten lines written each second, in words of its choice. */
    @Test
    void aGuestsLinesAreBoundedInADayWhateverItsLevel() {
        long written = 0;
        for (int second = 0; second < SECONDS_A_DAY; second++) {
            for (int i = 0; i < 10; i++) {
                LogLevel level = i % 2 == 0 ? LogLevel.ERROR : LogLevel.INFO;
                written += admits(level, Log.GUEST, "the agent says " + i + second) ? 1 : 0;
            }
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        assertThat(written)
                .isBetween(
                        (long) LineAllowance.GUEST_LINES_A_DAY,
                        (long) LineAllowance.GUEST_BURST + LineAllowance.GUEST_LINES_A_DAY + 1);
    }

    @Test
    void aWarningThatIsProvokedTakesNothingFromOthers() {
        int written = 0;
        for (int i = 0; i < 100_000; i++) {
            written += admits(LogLevel.WARN, "oom", "provoked") ? 1 : 0;
        }
        assertThat(written).isEqualTo(LineAllowance.WARNING_BURST);
        assertThat(admits(LogLevel.WARN, "oom", "another")).isTrue();
        assertThat(admits(LogLevel.ERROR, "stop", "provoked")).isTrue();
    }

    @Test
    void whatClientsDoIsNotLimited() {
        for (int i = 0; i < 100_000; i++) {
            assertThat(admits(LogLevel.INFO, "tasks", "exec started")).isTrue();
        }
    }

    @Test
    void kindsWithoutEndShareOneAllowance() {
        int written = 0;
        for (int i = 0; i < 100_000; i++) {
            written += admits(LogLevel.WARN, "oom", "kind " + i) ? 1 : 0;
        }
        assertThat(written).isLessThan(1000);
    }
}
