package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.task.ScriptedAgent;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClockFollowerTest {

    private final AtomicReference<Instant> day =
            new AtomicReference<>(Instant.parse("2026-01-01T00:00:00.25Z"));
    private final AtomicLong sinceBoot = new AtomicLong(1_000_000_000L);
    private final ScriptedAgent agent = new ScriptedAgent();
    private final ClockFollower clock = new ClockFollower(day::get, sinceBoot::get);

    @AfterEach
    void close() {
        agent.close();
    }

    @Test
    void aClockThatGoesOnIsToldOnce() {
        clock.tell(agent);
        awaitTold(1);
        pass(Duration.ofSeconds(2));
        clock.look(agent, true);
        assertThat(agent.times()).containsExactly(Instant.parse("2026-01-01T00:00:00.25Z"));
    }

    @Test
    void aStepOfTheHostsClockIsToldAtTheNextLook() {
        clock.tell(agent);
        awaitTold(1);
        pass(Duration.ofSeconds(2));
        day.updateAndGet(time -> time.minusSeconds(3600));
        clock.look(agent, false);
        awaitTold(2);
        assertThat(agent.times().getLast()).isEqualTo(Instant.parse("2025-12-31T23:00:02.25Z"));
        pass(Duration.ofSeconds(2));
        day.updateAndGet(time -> time.plusMillis(20));
        clock.look(agent, false);
        awaitTold(3);
        clock.look(agent, false);
        assertThat(agent.times()).hasSize(3);
    }

    @Test
    void aGuestThatTakesItSmoothlyIsRemindedAndOthersAreNot() {
        clock.tell(agent);
        awaitTold(1);
        pass(Duration.ofSeconds(90));
        clock.look(agent, false);
        assertThat(agent.times()).hasSize(1);
        clock.look(agent, true);
        awaitTold(2);
        assertThat(agent.times().getLast()).isEqualTo(Instant.parse("2026-01-01T00:01:30.25Z"));
    }

    private void pass(Duration time) {
        day.updateAndGet(now -> now.plus(time));
        sinceBoot.addAndGet(time.toNanos());
    }

    private void awaitTold(int times) {
        while (agent.times().size() < times || clock.isTelling()) {
            Thread.onSpinWait();
        }
    }
}
