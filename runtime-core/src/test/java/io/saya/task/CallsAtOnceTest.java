package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.GuestProcess;
import io.saya.config.ConfigException;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ExecDefinition;
import io.saya.container.ExitStatus;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StopCause;
import io.saya.io.DeferredStdio;
import io.saya.io.GuestStreams;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two calls about one process, the second just where the first could not bear it. */
@Timeout(60)
class CallsAtOnceTest {

    private static final JsonObject TOP = Json.parseObject("{\"args\":[\"top\"]}");

    @TempDir Path directory;

    @Test
    void anExecThatIsDeletedIsNotStartedMeanwhile() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        List<Throwable> answers = new ArrayList<>();
        DeferredStdio streams =
                new DeferredStdio(
                        () ->
                                new NoStdio() {
                                    // Delete hands over their output: it has found it not started.
                                    @Override
                                    public void finish(Duration limit) {
                                        try {
                                            fixture.tasks.start("app1", "e1");
                                        } catch (RuntimeException e) {
                                            answers.add(e);
                                        }
                                    }
                                });
        streams.open();
        Container app1 = fixture.sandbox.tasks().container("app1");
        fixture.sandbox
                .tasks()
                .addExec(
                        app1,
                        new ContainerProcess(
                                "app1",
                                "e1",
                                TaskIo.NONE,
                                new ExecDefinition(GuestProcess.of(TOP), streams)));

        assertThat(fixture.tasks.delete("app1", "e1").status()).isZero();

        assertThat(fixture.agent.execAsked).as("the guest runs what is deleted").isNotDone();
        assertThat(answers)
                .singleElement()
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        refusal ->
                                assertThat(refusal.kind())
                                        .isEqualTo(RuntimeFailure.Kind.NOT_FOUND));
        fixture.sandbox.stop();
    }

    @Test
    void anExecThatIsKilledWhileItIsStartedEnds() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.tasks.exec("app1", "e1", TOP, TaskIo.NONE);
        CompletableFuture<Void> allowed = fixture.agent.holdExecs();
        CompletableFuture<Integer> started =
                CompletableFuture.supplyAsync(() -> fixture.tasks.start("app1", "e1"));
        fixture.agent.execAsked.get(10, TimeUnit.SECONDS);

        fixture.tasks.kill("app1", "e1", SIGKILL, false);
        allowed.complete(null);

        assertThat(started.get(10, TimeUnit.SECONDS)).isPositive();
        assertThat(fixture.tasks.exit("app1", "e1").get(10, TimeUnit.SECONDS).status())
                .isEqualTo(ExitStatus.KILLED);
        fixture.sandbox.stop();
    }

    @Test
    void aProgramThatIsDeletedBeforeItsStartIsAnsweredHasBeenStarted() throws Exception {
        AtomicReference<SandboxFixture> made = new AtomicReference<>();
        SandboxFixture fixture = new SandboxFixture(directory);
        made.set(fixture);
        Tasks tasks =
                new Tasks(
                        fixture.sandbox,
                        (_, container) ->
                                new NoStdio() {
                                    // Its start event is out, so a client may know that it runs.
                                    @Override
                                    public void attach(GuestStreams guest) {
                                        if (container.id().equals("app1")) {
                                            endAndDelete(made.get());
                                        }
                                    }
                                });
        fixture.sandbox.boot(fixture.bundle(SANDBOX, "sandbox", "sleep"));
        tasks.create(fixture.request(SANDBOX), fixture.bundle(SANDBOX, "sandbox", "sleep"));
        tasks.start(SANDBOX, "");
        tasks.create(fixture.request("app1"), fixture.bundle("app1", "container", "sleep"));

        assertThat(tasks.start("app1", "")).isPositive();
        fixture.sandbox.stop();
    }

    private static void endAndDelete(SandboxFixture fixture) {
        fixture.agent.exit("app1", "app1", 0);
        try {
            fixture.tasks.exit("app1", "").get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        fixture.tasks.delete("app1", "");
    }

    @Test
    void aSecondPauseDoesNotComeAfterTheResumeOfTheFirst() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        CompletableFuture<Void> answered = fixture.agent.holdPause();
        CompletableFuture<Void> first =
                CompletableFuture.runAsync(() -> fixture.tasks.pause("app1"));
        fixture.agent.pauseAsked.get(10, TimeUnit.SECONDS);
        try {
            fixture.tasks.pause("app1");
            fixture.tasks.resume("app1");
        } catch (RuntimeFailure refusal) {
            assertThat(refusal.kind()).isEqualTo(RuntimeFailure.Kind.FAILED_PRECONDITION);
            answered.complete(null);
            first.get(10, TimeUnit.SECONDS);
            fixture.tasks.resume("app1");
        }
        answered.complete(null);
        first.get(10, TimeUnit.SECONDS);

        assertThat(fixture.tasks.state("app1", "").phase()).isEqualTo(TaskStatus.Phase.RUNNING);
        fixture.sandbox.stop();
    }

    @Test
    void limitsOfAContainerThatHasEndedAreNotKept() throws ConfigException {
        SandboxFixture fixture =
                new SandboxFixture(
                        directory,
                        SandboxLimits.NORMAL,
                        (agent, _) -> agent,
                        SandboxFixture.configuration(
                                directory,
                                "[hypervisor.qemu]\nenable_guest_swap = true\nguest_swap_path = \""
                                        + directory.resolve("swap")
                                        + "\"\n"));
        fixture.runPod();
        Container app1 = fixture.sandbox.tasks().container("app1");
        fixture.agent.exit("app1", "app1", 0);
        fixture.tasks.exit("app1", "").orTimeout(10, TimeUnit.SECONDS).join();

        new TaskResources(fixture.sandbox)
                .change(
                        app1,
                        Json.parseObject("{\"memory\":{\"limit\":1048576,\"swap\":4194304}}"));

        assertThat(fixture.sandbox.guest().swap().held().object("wanted").orElseThrow().members())
                .isEmpty();
        fixture.sandbox.stop();
    }

    @Test
    void aDeletionThatAFaultEndsHoldsUpNobodyWhoJoinsIt() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.agent.exit("app1", "app1", 0);
        fixture.tasks.exit("app1", "").get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> removal = fixture.agent.holdRemoval();
        CompletableFuture<ExitStatus> first =
                CompletableFuture.supplyAsync(() -> fixture.tasks.delete("app1", ""));
        fixture.agent.removalAsked.get(10, TimeUnit.SECONDS);
        CompletableFuture<?> second =
                CompletableFuture.supplyAsync(() -> fixture.tasks.delete("app1", ""))
                        .handle((exit, late) -> "an answer");
        removal.completeExceptionally(new StackOverflowError("nobody has thought of it"));

        assertThat(first.get(10, TimeUnit.SECONDS).status()).isZero();
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo("an answer");
        fixture.sandbox.stop();
    }

    @Test
    void aCreationThatAFaultEndsLeavesNothing() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.agent.failCreates(new StackOverflowError("nobody has thought of it"));
        assertThatThrownBy(() -> fixture.create("app2")).isInstanceOf(StackOverflowError.class);

        assertThat(fixture.sandbox.tasks().find("app2")).isEmpty();
        fixture.sandbox.stop();
    }

    @Test
    void aStartThatAFaultEndsEndsTheContainer() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.create("app2");
        fixture.agent.failStart(new StackOverflowError("nobody has thought of it"));
        assertThatThrownBy(() -> fixture.tasks.start("app2", ""))
                .isInstanceOf(StackOverflowError.class);

        fixture.tasks.exit("app2", "").get(10, TimeUnit.SECONDS);
        fixture.tasks.delete("app2", "");
        fixture.sandbox.stop();
    }

    @Test
    void anExitIsToldWhateverFailsWhileItIsLookedAt() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        fixture.agent.breakWait("app1", new IllegalStateException("nobody has thought of it"));
        fixture.create("app1");

        assertThat(fixture.tasks.exit("app1", "").get(10, TimeUnit.SECONDS).status())
                .isEqualTo(ExitStatus.UNKNOWN);
        fixture.sandbox.stop();
    }

    @Test
    void aStopEndsWhateverFailsWhileItIsTold() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.sandbox
                .tasks()
                .whenEnded(
                        (_, _) -> {
                            throw new IllegalStateException("nobody has thought of it");
                        });
        AtomicBoolean waited = new AtomicBoolean();
        var _ = fixture.tasks.exit("app1", "").thenRun(() -> waited.set(true));
        fixture.tasks.kill(SANDBOX, "", SIGKILL, false);

        assertThat(waited).isTrue();
        assertThat(fixture.tasks.exit(SANDBOX, "")).isDone();
        fixture.tasks.delete("app1", "");
        fixture.tasks.delete(SANDBOX, "");
        assertThat(fixture.tasks.idle()).isTrue();
    }

    @Test
    void aLostMachineIsLostThoughNobodyCanTellWhy() throws Exception {
        SandboxFixture fixture = muteGuest();
        fixture.vm.crash();

        assertThat(fixture.sandbox.stopped().get(10, TimeUnit.SECONDS))
                .isInstanceOf(StopCause.VmLost.class);
    }

    @Test
    void aLostAgentIsLostThoughNobodyCanTellWhatTheGuestPrinted() throws Exception {
        SandboxFixture fixture = muteGuest();
        fixture.agent.close();

        assertThat(fixture.sandbox.stopped().get(20, TimeUnit.SECONDS))
                .isInstanceOf(StopCause.AgentLost.class);
    }

    /** A pod of whose guest nothing can be read. */
    private SandboxFixture muteGuest() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.vm.mute = true;
        return fixture;
    }
}
