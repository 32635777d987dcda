package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HoldForSuccessorTest {
    private final AtomicInteger released = new AtomicInteger();
    private final HoldForSuccessor hold = new HoldForSuccessor(released::incrementAndGet);

    @Test
    void whatIsHeldIsReleasedWhenTheSuccessorEnds() {
        assertThat(hold.keep()).isTrue();
        hold.end();
        assertThat(released).hasValue(1);
    }

    @Test
    void whatIsHeldOnlyWhenTheSuccessorHasEndedIsReleasedAtOnce() {
        hold.end();
        assertThat(hold.keep()).isFalse();
        assertThat(released).hasValue(1);
    }

    @Test
    void whatWasNeverHeldIsNotReleased() {
        hold.end();
        assertThat(released).hasValue(0);
    }
}
