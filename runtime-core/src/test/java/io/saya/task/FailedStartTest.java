package io.saya.task;

import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** After a start that failed nothing runs that is said to have ended. */
@Timeout(60)
class FailedStartTest {

    private static final JsonObject TOP = Json.parseObject("{\"args\":[\"top\"]}");
    private final RuntimeFailure refused = RuntimeFailure.internal("start refused", null);
    private final RuntimeFailure silent =
            RuntimeFailure.deadlineExceeded("the agent does not answer", null);

    @TempDir Path directory;

    @Test
    void theVmGoesBeforeTheEndOfASandboxContainerIsPublic() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer(null);
        fixture.agent.failStart(refused);
        assertThatThrownBy(() -> fixture.tasks.start(SANDBOX, "")).isEqualTo(refused);
        assertThat(fixture.vm.exited()).isDone();
        assertThat(fixture.tasks.state(SANDBOX, "").phase()).isEqualTo(TaskStatus.Phase.STOPPED);
        assertThat(fixture.tasks.exit(SANDBOX, "")).isDone();
        fixture.tasks.delete(SANDBOX, "");
        assertThat(kinds(fixture)).containsExactly("Create", "Exit", "Delete");
        assertThat(fixture.host.mounted).isEmpty();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
        assertThat(Files.exists(fixture.runDirectory())).isFalse();
    }

    @Test
    void aFaultIsAFailure() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer(null);
        fixture.agent.failStart(new IllegalStateException("a fault"));
        assertThatThrownBy(() -> fixture.tasks.start(SANDBOX, "")).hasMessage("a fault");
        fixture.tasks.delete(SANDBOX, "");
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void aContainerOfAPodIsKilledInTheGuestAndThePodLives() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.create("app2");
        fixture.agent.failStart(silent);
        assertThatThrownBy(() -> fixture.tasks.start("app2", "")).isEqualTo(silent);
        assertThat(fixture.agent.signals).containsExactly("9 to all of app2");
        assertThat(fixture.tasks.state("app2", "").phase()).isEqualTo(TaskStatus.Phase.STOPPED);
        fixture.tasks.delete("app2", "");
        assertThat(fixture.events.stream().filter(event -> event.containerId().equals("app2")))
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Create", "Exit", "Delete");
        assertThat(fixture.vm.exited()).isNotDone();
        fixture.sandbox.stop();
    }

    @Test
    void anExecOfWhichTheGuestSaysNothingIsKilledThere() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.tasks.exec("app1", "e1", TOP, TaskIo.NONE);
        fixture.agent.failStart(silent);
        assertThatThrownBy(() -> fixture.tasks.start("app1", "e1")).isEqualTo(silent);
        assertThat(fixture.agent.signals).containsExactly("9 to app1/e1");
        assertThat(fixture.tasks.exit("app1", "e1")).isDone();
        assertThat(fixture.exits("e1")).isZero();
        fixture.sandbox.stop();
    }

    @Test
    void anExecThatTheGuestRefusesIsNot() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.tasks.exec("app1", "e1", TOP, TaskIo.NONE);
        fixture.agent.failStart(refused);
        assertThatThrownBy(() -> fixture.tasks.start("app1", "e1")).isEqualTo(refused);
        assertThat(fixture.agent.signals).isEmpty();
        fixture.sandbox.stop();
    }

    @Test
    void anExecThatIsStartedWhenItsContainerHasEndedIsKilledAndNotToldOf() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.tasks.exec("app1", "e1", TOP, TaskIo.NONE);
        CompletableFuture<Void> allowed = fixture.agent.holdExecs();
        CompletableFuture<Integer> started =
                CompletableFuture.supplyAsync(() -> fixture.tasks.start("app1", "e1"));
        fixture.agent.execAsked.get(10, TimeUnit.SECONDS);
        fixture.agent.exit("app1", "app1", 0);
        fixture.tasks.exit("app1", "").get(10, TimeUnit.SECONDS);
        assertThat(fixture.tasks.exit("app1", "e1").get(10, TimeUnit.SECONDS).status())
                .isEqualTo(137);
        allowed.complete(null);
        assertThatThrownBy(() -> started.get(10, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("the container has ended");
        assertThat(fixture.agent.signals).containsExactly("9 to app1/e1");
        assertThat(fixture.agent.waited)
                .as("or the guest keeps its id and its streams")
                .contains("app1/e1");
        fixture.sandbox.stop();
        assertThat(fixture.exits("e1")).isZero();
        assertThat(kinds(fixture)).doesNotContain("ExecStarted");
    }

    private static List<String> kinds(SandboxFixture fixture) {
        return fixture.events.stream().map(event -> event.getClass().getSimpleName()).toList();
    }
}
