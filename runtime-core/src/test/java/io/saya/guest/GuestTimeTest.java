package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.host.ProcessorTimes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GuestTimeTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void aGuestThatIsIdleHasTheClocksTime() {
        assertThat(exhaustedAfter(FakeTimes.idle(), false))
                .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(36));
    }

    @Test
    void aGuestThatRunsOnSeveralProcessorsHasUsedItsTimeThoughTheyWaitedAsWell() {
        FakeTimes four =
                new FakeTimes(
                        Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(4), true);
        assertThat(exhaustedAfter(four, false))
                .isBetween(Duration.ofSeconds(30), Duration.ofSeconds(36));
    }

    @Test
    void aGuestThatGetsNoProcessorHasTenTimesItsTime() {
        assertThat(exhaustedAfter(FakeTimes.starved(), false))
                .isBetween(Duration.ofSeconds(300), Duration.ofSeconds(306));
    }

    @Test
    void withoutABoundByTheClockItHasWhatItNeeds() {
        // 30 s at 10 ms in 2 s
        assertThat(exhaustedAfter(FakeTimes.starved(), true))
                .isBetween(Duration.ofSeconds(5_900), Duration.ofSeconds(6_100));
    }

    @Test
    void aWaitThatTheKernelHasCountedIsTheSame() {
        assertThat(exhaustedAfter(FakeTimes.hasWaited(), false))
                .isBetween(Duration.ofSeconds(300), Duration.ofSeconds(306));
        assertThat(exhaustedAfter(FakeTimes.hasWaited(), true))
                .isBetween(Duration.ofSeconds(5_900), Duration.ofSeconds(6_100));
    }

    @Test
    void aGuestWhoseVmmWaitsForMemoryHasWhatItNeeds() {
        assertThat(exhaustedAfter(FakeTimes.heldUp(), false))
                .isBetween(Duration.ofSeconds(300), Duration.ofSeconds(306));
        assertThat(exhaustedAfter(FakeTimes.heldUp(), true))
                .isBetween(Duration.ofSeconds(5_900), Duration.ofSeconds(6_100));
    }

    @Test
    void withoutFiguresTheClockCounts() {
        FakeTimes times = FakeTimes.starved();
        GuestTime.Wait wait = times.withoutFigures().awaitHoweverLong(LIMIT);
        while (!wait.exhausted()) {}
        assertThat(wait.clockTime()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(36));
    }

    @Test
    void aPauseOfWhoWaitsCountsForFiveSecondsOnly() {
        FakeTimes paused =
                new FakeTimes(
                        Duration.ofMinutes(10), Duration.ofMillis(1), Duration.ofMillis(1), false);
        GuestTime.Wait wait = paused.guestTime().awaitHoweverLong(LIMIT);
        int looks = 1;
        while (!wait.exhausted()) {
            looks++;
        }
        assertThat(looks).isBetween(6, 7);
    }

    @Test
    void aBoundByTheClockMayBeCloser() {
        GuestTime.Wait wait = FakeTimes.starved().guestTime().await(LIMIT, 4);
        while (!wait.exhausted()) {}
        assertThat(wait.clockTime()).isBetween(Duration.ofSeconds(120), Duration.ofSeconds(126));
    }

    /** What was begun after the first answer would go on for as long as the VMM is busy. */
    @Test
    void whatIsOverStaysOverThoughTheVmmIsBusyNow() {
        AtomicLong seconds = new AtomicLong();
        AtomicBoolean busy = new AtomicBoolean();
        GuestTime.Wait wait =
                new GuestTime(
                                () ->
                                        Optional.of(
                                                new GuestTime.Figures(
                                                        new ProcessorTimes(
                                                                Duration.ofMillis(1),
                                                                Duration.ZERO,
                                                                busy.get()),
                                                        Duration.ZERO)),
                                () -> Duration.ofSeconds(seconds.incrementAndGet()).toNanos())
                        .await(LIMIT);
        while (!wait.exhausted()) {}
        busy.set(true);
        assertThat(wait.exhausted()).isTrue();
    }

    private static Duration exhaustedAfter(FakeTimes times, boolean howeverLong) {
        GuestTime time = times.guestTime();
        GuestTime.Wait wait = howeverLong ? time.awaitHoweverLong(LIMIT) : time.await(LIMIT);
        while (!wait.exhausted()) {}
        return wait.clockTime();
    }
}
