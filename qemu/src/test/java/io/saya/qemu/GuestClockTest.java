package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestClockTest {

    @Test
    void anEmulatedGuestIsToldTheFrequencyInsteadOfMeasuringIt() {
        assertThat(GuestClock.tcg("2596105")).isEqualTo(" tsc_early_khz=2596105 tsc=reliable");
    }

    @Test
    void withoutAFrequencyTheGuestMustNotRelyOnWhatItMeasures() {
        assertThat(GuestClock.tcg(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "99999", "20000001", "2.6", "99999999999", "1 panic=0"})
    void whatIsNoFrequencyIsNotPassedOn(String text) {
        assertThat(GuestClock.tcg(text)).isEmpty();
    }
}
