package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.host.Signal.SIGTERM;
import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.saya.container.ExitStatus;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StopCause;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest that does not do what it is told can keep neither a pod nor a caller. */
@Timeout(60)
class DisobedientGuestTest {

    @TempDir Path directory;

    @Test
    void aContainerThatDoesNotEndAfterSigkillEndsItsSandbox() throws Exception {
        SandboxFixture fixture =
                new SandboxFixture(
                        directory,
                        new SandboxLimits(
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(30),
                                Duration.ofMillis(100),
                                Duration.ofSeconds(5)));
        fixture.runPod();
        fixture.agent.disobey();
        fixture.tasks.kill("app1", "", SIGKILL, true);
        StopCause cause = fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);
        assertThat(cause).isInstanceOf(StopCause.AgentLost.class);
        assertThat(cause.describe()).contains("container app1 has not ended");
        assertThat(fixture.tasks.exit("app1", "").join().status()).isEqualTo(ExitStatus.UNKNOWN);
        assertThat(fixture.exits("app1")).isEqualTo(1);
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void aContainerWhoseExitIsNotToldHasEnded() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        fixture.agent.failWait(
                "app1", RuntimeFailure.internal("agent, WaitProcess: UNAVAILABLE", null));
        fixture.create("app1");
        assertThat(fixture.tasks.exit("app1", "").get(10, TimeUnit.SECONDS).status())
                .isEqualTo(ExitStatus.UNKNOWN);
        fixture.sandbox.stop();
    }

    @Test
    void aSignalThatIsNotTakenHoldsUpNobodyAndArrivesAllTheSame() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.agent.leaveSignalsUnanswered();
        assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> fixture.tasks.kill("app1", "", SIGTERM, false));
        fixture.agent.answerSignals();
        assertThat(fixture.tasks.exit("app1", "").join().status()).isEqualTo(128 + SIGTERM);
        fixture.sandbox.stop();
    }

    @Test
    void pauseHasOneSecondWhateverTheGuestDoesWithSigterm() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.agent.leaveSignalsUnanswered();
        assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> fixture.tasks.kill(SANDBOX, "", SIGTERM, false));
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void aContainerIsGoneWhenTheConnectionIs() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.agent.close();
        assertThatThrownBy(() -> fixture.tasks.kill("app1", "", SIGKILL, true))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND));
        assertThat(fixture.vm.exited()).isDone();
        assertThat(fixture.tasks.state("app1", "").phase()).isEqualTo(TaskStatus.Phase.STOPPED);
    }
}
