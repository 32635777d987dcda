package io.saya.shim.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UtcTimeTest {
    /** The calendar repeats itself after 400 years. */
    private static final Instant END = Instant.parse("2405-01-01T00:00:00Z");

    @Test
    void everyDayIsWrittenAsInstantWritesIt() {
        Random random = new Random(14);
        for (Instant day = Instant.EPOCH; day.isBefore(END); day = day.plus(Duration.ofDays(1))) {
            same(day.toEpochMilli());
            same(day.toEpochMilli() + random.nextLong(Duration.ofDays(1).toMillis()));
        }
        same(Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli());
    }

    private static void same(long epochMillis) {
        StringBuilder out = new StringBuilder();
        UtcTime.append(out, epochMillis);
        String expected = Instant.ofEpochMilli(epochMillis).toString();
        if (!expected.contentEquals(out)) {
            assertThat(out.toString()).isEqualTo(expected);
        }
    }
}
