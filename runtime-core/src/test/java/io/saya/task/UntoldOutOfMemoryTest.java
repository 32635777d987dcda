package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.AgentTrait;
import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.event.TaskEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pod in the guest of an agent that tells nobody of a container that ran out of memory. */
@Timeout(60)
class UntoldOutOfMemoryTest {

    private static final Amount FULL = new Amount(4_000_000, 50_000_000, 12, 50_000_000);
    private static final Amount ENOUGH = new Amount(4_000_000, 30_000_000, 0, 50_000_000);
    private static final Amount NO_LIMIT = new Amount(4_000_000, 0, 3, 0x7ffffffffffff000L);

    @TempDir Path directory;

    private SandboxFixture fixture;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    UntoldOutOfMemoryTest() {}

    @BeforeEach
    void start() {
        fixture = new SandboxFixture(directory);
    }

    private void runPod(Amount memory, AgentTrait... traits) {
        fixture.agent.behaveLike(traits);
        fixture.agent.usage =
                new ContainerUsage(
                        ContainerUsage.NONE.cpu(),
                        new ContainerUsage.Memory(memory, Amount.NONE, Amount.NONE, Map.of()),
                        ContainerUsage.NONE.pids(),
                        Map.of(),
                        Map.of(),
                        List.of());
        fixture.runPod();
    }

    @Test
    void aKillThatNobodySentAtALimitThatWasMetIsOne() throws Exception {
        runPod(FULL, AgentTrait.STREAMS_END_WITH_WAIT, AgentTrait.MAY_MISS_OUT_OF_MEMORY);
        fixture.agent.exit("app1", "app1", 128 + SIGKILL);

        assertThat(status("app1")).isEqualTo(137);
        assertThat(ofApp()).hasSize(2).first().isEqualTo(new TaskEvent.Oom("app1"));
        fixture.sandbox.stop();
    }

    @Test
    void soItIsWhereTheAgentSaysNineForIt() throws Exception {
        runPod(
                FULL,
                AgentTrait.STREAMS_END_WITH_WAIT,
                AgentTrait.SIGNAL_IS_PLAIN_STATUS,
                AgentTrait.MAY_MISS_OUT_OF_MEMORY);
        fixture.agent.exit("app1", "app1", SIGKILL);

        assertThat(status("app1")).isEqualTo(137);
        assertThat(ofApp()).hasSize(2).first().isEqualTo(new TaskEvent.Oom("app1"));
        fixture.sandbox.stop();
    }

    @Test
    void aKillThatWasSentIsNone() throws Exception {
        runPod(FULL, AgentTrait.STREAMS_END_WITH_WAIT, AgentTrait.MAY_MISS_OUT_OF_MEMORY);
        fixture.tasks.kill("app1", "", SIGKILL, false);
        nothingButTheExitIsTold();
    }

    @Test
    void aLimitThatWasNotMetSaysNothing() throws Exception {
        runPod(ENOUGH, AgentTrait.STREAMS_END_WITH_WAIT, AgentTrait.MAY_MISS_OUT_OF_MEMORY);
        fixture.agent.exit("app1", "app1", 128 + SIGKILL);
        nothingButTheExitIsTold();
    }

    @Test
    void norDoesNoLimit() throws Exception {
        runPod(NO_LIMIT, AgentTrait.STREAMS_END_WITH_WAIT, AgentTrait.MAY_MISS_OUT_OF_MEMORY);
        fixture.agent.exit("app1", "app1", 128 + SIGKILL);
        nothingButTheExitIsTold();
    }

    @Test
    void theDefaultGuestIsNotAsked() throws Exception {
        runPod(FULL);
        fixture.agent.exit("app1", "app1", 128 + SIGKILL);
        nothingButTheExitIsTold();
    }

    private void nothingButTheExitIsTold() throws Exception {
        assertThat(status("app1")).isEqualTo(137);
        assertThat(ofApp()).hasSize(1);
        fixture.sandbox.stop();
    }

    private int status(String container) throws Exception {
        return fixture.tasks.exit(container, "").get(20, TimeUnit.SECONDS).status();
    }

    private List<TaskEvent> ofApp() {
        return fixture.events.stream()
                .filter(
                        event ->
                                event.equals(new TaskEvent.Oom("app1"))
                                        || (event instanceof TaskEvent.Exit exit
                                                && exit.containerId().equals("app1")))
                .toList();
    }
}
