package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.host.Signal.SIGTERM;
import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.AgentTrait;
import io.saya.event.TaskEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pod in the guest of an agent that answers 9 for SIGKILL. */
@Timeout(60)
class PlainStatusTest {

    @TempDir Path directory;

    private SandboxFixture fixture;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    PlainStatusTest() {}

    @BeforeEach
    void start() {
        fixture = new SandboxFixture(directory);
        fixture.agent.behaveLike(
                AgentTrait.STREAMS_END_WITH_WAIT, AgentTrait.SIGNAL_IS_PLAIN_STATUS);
        fixture.runPod();
    }

    @Test
    void aKilledContainerHasTheStatusOfAKill() throws Exception {
        fixture.tasks.kill("app1", "", SIGKILL, false);

        assertThat(status("app1")).isEqualTo(137);
        fixture.sandbox.stop();
    }

    @Test
    void soHasAnySignalThatWasSent() throws Exception {
        fixture.tasks.kill("app1", "", SIGTERM, false);

        assertThat(status("app1")).isEqualTo(143);
        fixture.sandbox.stop();
    }

    @Test
    void aContainerThatRanOutOfMemoryIsToldOfBeforeItsExit() throws Exception {
        fixture.agent.exit("app1", "app1", SIGKILL);
        fixture.agent.runOutOfMemory("app1");

        assertThat(status("app1")).isEqualTo(137);
        List<TaskEvent> ofApp =
                fixture.events.stream()
                        .filter(event -> isOom(event) || isExitOf("app1", event))
                        .toList();
        assertThat(ofApp).hasSize(2);
        assertThat(ofApp.getFirst()).isEqualTo(new TaskEvent.Oom("app1"));
        fixture.sandbox.stop();
    }

    @Test
    void aCodeStaysACode() throws Exception {
        fixture.agent.exit("app1", "app1", SIGKILL);

        assertThat(status("app1")).isEqualTo(9);
        fixture.sandbox.stop();
    }

    @Test
    void aSigtermThatTheAgentMadeAKillIsOne() throws Exception {
        fixture.agent.disobey();
        fixture.tasks.kill("app1", "", SIGTERM, false);
        fixture.agent.exit("app1", "app1", SIGKILL);

        assertThat(status("app1")).isEqualTo(137);
        fixture.sandbox.stop();
    }

    @Test
    void theSandboxContainerIsNoException() throws Exception {
        fixture.tasks.kill(SANDBOX, "", SIGTERM, false);

        assertThat(status(SANDBOX)).isEqualTo(143);
        assertThat(status("app1")).isEqualTo(137);
    }

    private int status(String container) throws Exception {
        return fixture.tasks.exit(container, "").get(20, TimeUnit.SECONDS).status();
    }

    private static boolean isOom(TaskEvent event) {
        return event instanceof TaskEvent.Oom;
    }

    private static boolean isExitOf(String container, TaskEvent event) {
        return event instanceof TaskEvent.Exit exit && exit.containerId().equals(container);
    }
}
