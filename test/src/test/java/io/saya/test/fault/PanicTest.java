package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest whose kernel panics says so before it goes. */
@WithProduct
@Timeout(180)
final class PanicTest extends FaultSuite {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Test
    void aPanicIsCalledOneInTheLog() {
        var victim = victim();
        victim.started();
        Fault.GUEST_PANIC.strike(victim);
        assertThat(Wait.until(LIMIT, () -> node.state(victim.id()).equals("STOPPED"))).isTrue();
        assertThat(node.log()).contains("guest-panic");
    }
}
