package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StandInTest {

    /** A sandbox that stops while a container is being created ends its stand-in at any moment. */
    @Test
    void whoWaitsForOneThatEndedBeforeItWasBegunIsToldAtOnce() {
        AtomicInteger made = new AtomicInteger();
        StandIn standIn = new StandIn();
        standIn.end();
        standIn.begin(
                () -> {
                    made.incrementAndGet();
                    throw new AssertionError("nobody is to make it");
                });
        assertThatThrownBy(standIn::await)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("the container ended before it was made");
        assertThat(standIn.pid()).isZero();
        assertThat(standIn.process()).isEmpty();
        assertThat(made).hasValue(0);
        standIn.end();
    }
}
