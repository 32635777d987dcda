package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.saya.cgroup.PodMemory;
import io.saya.task.ScriptedAgent;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PageCacheFollowerTest {
    private static final long MIB = 1 << 20;
    private static final int LOOKS = 100;

    private final ScriptedAgent agent = new ScriptedAgent();
    private boolean readable = true;
    private final PageCacheFollower follower = new PageCacheFollower(this::pod, () -> true);

    private PodMemory pod() {
        if (!readable) {
            throw new IllegalStateException("the cgroup has gone");
        }
        return new PodMemory(OptionalLong.of(1000 * MIB), 950 * MIB, OptionalLong.empty());
    }

    @AfterEach
    void close() {
        agent.close();
    }

    @Test
    void aPodThatIsShortOfMemoryHasItsGuestGiveSomeUpAndIsLeftAloneThen() throws Exception {
        assertThat(follower.look(agent)).isTrue();
        while (agent.reclaimed().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        // So often that the first request has ended by the last: then it is the rule that says no.
        for (int i = 0; i < LOOKS; i++) {
            assertThat(follower.look(agent)).isFalse();
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(agent.reclaimed()).containsExactly(950 * MIB - 1000 * MIB / 10 * 8);
    }

    @Test
    void aPodThatCouldNotBeReadIsLookedAtAgain() {
        readable = false;
        assertThatIllegalStateException().isThrownBy(() -> follower.look(agent));
        readable = true;
        assertThat(follower.look(agent)).isTrue();
    }
}
