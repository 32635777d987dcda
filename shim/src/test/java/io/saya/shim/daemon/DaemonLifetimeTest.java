package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DaemonLifetimeTest {
    private final AtomicBoolean idle = new AtomicBoolean(true);
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void aDaemonThatNobodyGivesAContainerEnds() {
        DaemonLifetime lifetime = lifetime(Duration.ofMillis(20));
        lifetime.containersChanged();

        lifetime.await();
    }

    @Test
    void aDaemonThatIsToldToEndDoesSoAtOnce() {
        DaemonLifetime lifetime = lifetime(Duration.ofHours(1));
        lifetime.containersChanged();
        lifetime.end("test");

        lifetime.await();
    }

    @Test
    void oneThatIsToldToEndBehindItsAnswerEndsToo() {
        DaemonLifetime lifetime = lifetime(Duration.ofHours(1));
        lifetime.containersChanged();
        lifetime.endAnswered("test");

        lifetime.await();
    }

    @Test
    void aDaemonWhoseSandboxHasStoppedDoesNotWaitForAContainer() {
        DaemonLifetime lifetime = lifetime(Duration.ofHours(1));
        lifetime.containersChanged();
        over.set(true);
        lifetime.containersChanged();

        lifetime.await();
    }

    @Test
    void aContainerKeepsItAliveUntilItHasGone() throws Exception {
        DaemonLifetime lifetime = lifetime(Duration.ofMillis(20));
        Thread waiting = Thread.startVirtualThread(lifetime::await);
        idle.set(false);
        lifetime.containersChanged();

        assertThat(waiting.join(Duration.ofMillis(200))).isFalse();

        idle.set(true);
        lifetime.containersChanged();
        waiting.join();
    }

    /**
     * The container is in the table only when its specification is read and its streams are open.
     */
    @Test
    void aContainerOnItsWayKeepsItAlive() {
        DaemonLifetime lifetime = lifetime(Duration.ofHours(1));
        long earlier = lifetime.change();
        assertThat(lifetime.stillIdle(earlier)).isTrue();

        lifetime.creationBegins();
        assertThat(lifetime.stillIdle(earlier)).isFalse();
        assertThat(lifetime.stillIdle(lifetime.change())).isFalse();

        lifetime.creationEnded();
        assertThat(lifetime.stillIdle(earlier)).isFalse();
        assertThat(lifetime.stillIdle(lifetime.change())).isTrue();
    }

    private DaemonLifetime lifetime(Duration idleLimit) {
        return new DaemonLifetime(idle::get, idleLimit, over::get, Duration.ofMillis(20));
    }
}
