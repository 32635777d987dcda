package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StartClockTest {

    @Test
    void phasesAreToldInTheirOrderWhateverTheOrderOfTheirEnds() {
        StartClock clock = new StartClock();
        clock.done(StartPhase.CONFIGURATION);
        clock.done(StartPhase.QMP);
        clock.done(StartPhase.QEMU_SPAWN);
        assertThat(clock.phases())
                .extracting(StartClock.Timed::phase)
                .containsExactly(StartPhase.CONFIGURATION, StartPhase.QEMU_SPAWN, StartPhase.QMP);
        assertThat(clock.phases()).allSatisfy(timed -> assertThat(timed.millis()).isNotNegative());
    }

    @Test
    void aPhaseEndsOnce() throws InterruptedException {
        StartClock clock = new StartClock();
        clock.done(StartPhase.CONFIGURATION);
        StartClock.Timed first = clock.phases().getFirst();
        Thread.sleep(5);
        clock.done(StartPhase.CONFIGURATION);
        assertThat(clock.phases()).containsExactly(first);
    }

    @Test
    void fieldsOfALogLineAreNamedAfterThePhases() {
        StartClock clock = new StartClock();
        clock.done(StartPhase.QEMU_SPAWN);
        assertThat(clock.fields()[0]).isEqualTo("qemu_spawn_ms");
    }
}
