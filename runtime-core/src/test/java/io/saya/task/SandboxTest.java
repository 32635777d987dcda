package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.host.Signal.SIGTERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.saya.agent.AgentTrait;
import io.saya.container.ExitStatus;
import io.saya.event.RootfsMount;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.json.Json;
import io.saya.oci.OciSpec;
import io.saya.sandbox.TaskTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SandboxTest {

    @TempDir Path directory;

    /** What containerd was told before was only that the sandbox has stopped. */
    @Test
    void aContainerForASandboxThatDidNotComeUpIsToldWhyNot() {
        SandboxFixture fixture = new SandboxFixture(directory);
        OciSpec spec = fixture.bundle(SandboxFixture.SANDBOX, null, "sleep");
        fixture.agent.failCreateSandbox("no such module");
        fixture.sandbox.boot(spec);
        fixture.sandbox.stopped().join();
        assertThatThrownBy(
                        () -> fixture.tasks.create(fixture.request(SandboxFixture.SANDBOX), spec))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("phase sandbox")
                .hasMessageContaining("no such module");
    }

    @Test
    void aContainerStartedAloneLivesAndIsDeleted() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer(null);
        assertThat(fixture.tasks.start(SandboxFixture.SANDBOX, ""))
                .isEqualTo(fixture.tasks.state(SandboxFixture.SANDBOX, "").pid());
        fixture.agent.exit(SandboxFixture.SANDBOX, SandboxFixture.SANDBOX, 7);
        ExitStatus exit = fixture.tasks.exit(SandboxFixture.SANDBOX, "").join();
        assertThat(exit.status()).isEqualTo(7);
        assertThat(fixture.vm.exited())
                .as("the VM is gone before anyone can see the exit")
                .isDone();
        assertThat(fixture.tasks.delete(SandboxFixture.SANDBOX, "")).isEqualTo(exit);
        assertThat(fixture.events)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Create", "Start", "Exit", "Delete");
        assertNothingIsLeft(fixture);
    }

    @Test
    void aKilledProcessIsSeenToEndThoughItsOutputNeverDoes() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.agent.behaveLike(AgentTrait.STREAMS_END_WITH_WAIT);
        fixture.createSandboxContainer("sandbox");
        Tasks unread = new Tasks(fixture.sandbox, (_, _) -> new NoStdio(new CompletableFuture<>()));
        unread.create(fixture.request("app1"), fixture.bundle("app1", "container", "sleep"));
        unread.start("app1", "");
        unread.kill("app1", "", SIGKILL, false);
        assertThat(unread.exit("app1", "").get(20, TimeUnit.SECONDS).status()).isEqualTo(137);
        fixture.sandbox.stop();
    }

    /** A client may wait for the end of its output before it deletes. */
    @Test
    void theStreamsOfAContainerThatIsKilledBeforeItsStartEndWithIt() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        List<NoStdio> streams = new CopyOnWriteArrayList<>();
        Tasks tasks =
                new Tasks(
                        fixture.sandbox,
                        (_, _) -> {
                            NoStdio one = new NoStdio(new CompletableFuture<>());
                            streams.add(one);
                            return one;
                        });
        OciSpec spec = fixture.bundle(SandboxFixture.SANDBOX, "sandbox", "sleep");
        fixture.sandbox.boot(spec);
        tasks.create(fixture.request(SandboxFixture.SANDBOX), spec);
        tasks.create(fixture.request("app1"), fixture.bundle("app1", "container", "sleep"));
        tasks.kill("app1", "", SIGKILL, false);
        assertThat(tasks.exit("app1", "").get(20, TimeUnit.SECONDS).status()).isEqualTo(137);
        assertThat(streams).extracting(NoStdio::isClosed).containsExactly(false, true);
        tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false);
        assertThat(streams).extracting(NoStdio::isClosed).containsExactly(true, true);
    }

    @Test
    void anExitIsSeenWhenTheLastOutputIsThere() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        var read = new CompletableFuture<Void>();
        var readBeforeTheExit = new AtomicBoolean();
        Tasks slow = new Tasks(fixture.sandbox, (_, _) -> new NoStdio(read));
        slow.create(fixture.request("app1"), fixture.bundle("app1", "container", "sleep"));
        slow.start("app1", "");
        var seen = slow.exit("app1", "").thenRun(() -> readBeforeTheExit.set(read.isDone()));
        fixture.agent.exit("app1", "app1", 1);
        read.completeAsync(
                () -> null, CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS));
        seen.get(20, TimeUnit.SECONDS);
        assertThat(readBeforeTheExit).isTrue();
        fixture.sandbox.stop();
    }

    @Test
    void anExitIsSeenThoughAnotherProcessHoldsItsOutput() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        Tasks held = new Tasks(fixture.sandbox, (_, _) -> new NoStdio(new CompletableFuture<>()));
        held.create(fixture.request("app1"), fixture.bundle("app1", "container", "sleep"));
        held.start("app1", "");
        fixture.agent.exit("app1", "app1", 1);
        ExitStatus seen = held.exit("app1", "").get(20, TimeUnit.SECONDS);
        assertThat(seen.status()).isEqualTo(1);
        assertThat(seen.at())
                .as("when it ended, not when it was shown")
                .isBefore(Instant.now().minusMillis(1500));
        fixture.sandbox.stop();
    }

    @Test
    void aStopDoesNotWaitForTheContainersOfAGuestThatIsLost() throws Exception {
        SandboxFixture fixture = runningPod();
        fixture.agent.becomeDeaf();
        long asked = System.nanoTime();
        Thread kill =
                Thread.startVirtualThread(
                        () -> fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false));
        fixture.vm.crash();
        kill.join();
        assertThat(Duration.ofNanos(System.nanoTime() - asked))
                .as("shorter than the time that living containers get")
                .isLessThan(Duration.ofMillis(1_800));
    }

    @Test
    void aSandboxWhoseOwnContainerCannotBeMadeStops() {
        SandboxFixture fixture = new SandboxFixture(directory);
        OciSpec spec = fixture.bundle(SandboxFixture.SANDBOX, null, "sleep");
        fixture.sandbox.boot(spec);
        Tasks withoutStreams =
                new Tasks(
                        fixture.sandbox,
                        (_, _) -> {
                            throw RuntimeFailure.invalidArgument("stdout: does not exist");
                        });
        assertThatThrownBy(
                        () -> withoutStreams.create(fixture.request(SandboxFixture.SANDBOX), spec))
                .hasMessageContaining("does not exist");
        fixture.sandbox.awaitStopped();
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void killOfTheSandboxContainerReturnsWhenTheVmIsGone() {
        SandboxFixture fixture = runningPod();
        fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false);
        assertThat(fixture.vm.exited()).isDone();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
        assertThat(fixture.tasks.state("app1", "").exit().orElseThrow().status()).isEqualTo(137);
        assertThat(fixture.tasks.state(SandboxFixture.SANDBOX, "").exit().orElseThrow().status())
                .isEqualTo(137);
        List<String> exits =
                fixture.events.stream()
                        .filter(TaskEvent.Exit.class::isInstance)
                        .map(event -> ((TaskEvent.Exit) event).processId())
                        .toList();
        assertThat(exits)
                .as("the sandbox container is last")
                .containsExactly("app1", SandboxFixture.SANDBOX);
        assertThatThrownBy(() -> fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
    }

    @Test
    void sigtermStopsAPodAndOnlySignalsAWorkload() {
        SandboxFixture pod = runningPod();
        pod.tasks.kill(SandboxFixture.SANDBOX, "", SIGTERM, false);
        assertThat(pod.vm.exited()).isDone();
        assertThat(pod.tasks.state(SandboxFixture.SANDBOX, "").exit().orElseThrow().status())
                .isEqualTo(143);
    }

    @Test
    void aDeafAgentDoesNotKeepKillFromStoppingTheVm() {
        SandboxFixture fixture = runningPod();
        fixture.agent.becomeDeaf();
        assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false));
        assertThat(fixture.vm.exited()).isDone();
        assertThat(fixture.exits("app1")).isEqualTo(1);
    }

    @Test
    void killAndStateAnswerWhileTheAgentIsDeaf() {
        SandboxFixture fixture = runningPod();
        fixture.agent.becomeDeaf();
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> {
                    fixture.tasks.kill("app1", "", SIGTERM, false);
                    assertThat(fixture.tasks.state("app1", "").phase())
                            .isEqualTo(TaskStatus.Phase.RUNNING);
                    assertThat(fixture.tasks.pids("app1"))
                            .containsExactly(fixture.tasks.state("app1", "").pid());
                });
        fixture.sandbox.stop();
    }

    @Test
    void aCrashOfTheVmEndsEveryProcessOnce() throws Exception {
        SandboxFixture fixture = runningPod();
        fixture.tasks.exec("app1", "e1", Json.parseObject("{\"args\":[\"top\"]}"), TaskIo.NONE);
        fixture.tasks.start("app1", "e1");
        fixture.vm.crash();
        assertThat(
                        fixture.tasks
                                .exit(SandboxFixture.SANDBOX, "")
                                .get(10, TimeUnit.SECONDS)
                                .status())
                .isEqualTo(ExitStatus.UNKNOWN);
        for (String process : List.of("e1", "app1", SandboxFixture.SANDBOX)) {
            assertThat(fixture.exits(process)).as(process).isEqualTo(1);
        }
        fixture.tasks.delete("app1", "");
        fixture.tasks.delete(SandboxFixture.SANDBOX, "");
        assertNothingIsLeft(fixture);
    }

    @Test
    void aLostVirtiofsdIsALostSandbox() throws Exception {
        SandboxFixture fixture = runningPod();
        fixture.host.processes.getFirst().signal(SIGKILL);
        assertThat(
                        fixture.tasks
                                .exit(SandboxFixture.SANDBOX, "")
                                .get(10, TimeUnit.SECONDS)
                                .status())
                .isEqualTo(ExitStatus.UNKNOWN);
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void aPodOutlivesItsLastContainer() {
        SandboxFixture fixture = runningPod();
        fixture.tasks.kill("app1", "", SIGKILL, false);
        fixture.tasks.exit("app1", "").join();
        fixture.tasks.delete("app1", "");
        assertThat(fixture.vm.exited()).isNotDone();
        fixture.create("app2");
        fixture.tasks.start("app2", "");
        assertThat(fixture.tasks.state("app2", "").phase()).isEqualTo(TaskStatus.Phase.RUNNING);
        assertThatThrownBy(() -> fixture.tasks.delete("app1", ""))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
        fixture.sandbox.stop();
    }

    @Test
    void aFailedCreateLeavesNothing() {
        SandboxFixture fixture = new SandboxFixture(directory);
        OciSpec spec = fixture.bundle(SandboxFixture.SANDBOX, null, "missing");
        fixture.sandbox.boot(spec);
        assertThatThrownBy(
                        () -> fixture.tasks.create(fixture.request(SandboxFixture.SANDBOX), spec))
                .hasMessageContaining("phase container, in the guest")
                .hasMessageContaining("\"missing\": executable file not found in $PATH");
        assertThat(fixture.events).isEmpty();
        assertNothingIsLeft(fixture);
    }

    @Test
    void aRootFileSystemThatCannotBeMountedIsNamed() {
        SandboxFixture fixture = runningPod();
        OciSpec spec = fixture.bundle("app2", "container", "sleep");
        CreateRequest request =
                new CreateRequest(
                        "app2",
                        directory.resolve("app2"),
                        List.of(new RootfsMount("ext4", "/dev/unmountable", "", List.of())),
                        TaskIo.NONE);
        assertThatThrownBy(() -> fixture.tasks.create(request, spec))
                .hasMessageContaining("app2")
                .hasMessageContaining("/dev/unmountable");
        assertThatThrownBy(() -> fixture.tasks.state("app2", ""))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
        assertThat(fixture.vm.exited()).as("the pod lives on").isNotDone();
        fixture.sandbox.stop();
    }

    @Test
    void anExecOfAMissingProgramFailsAtStartAndCanBeDeleted() {
        SandboxFixture fixture = runningPod();
        fixture.tasks.exec("app1", "e1", Json.parseObject("{\"args\":[\"missing\"]}"), TaskIo.NONE);
        assertThatThrownBy(() -> fixture.tasks.start("app1", "e1"))
                .hasMessageContaining("executable file not found");
        assertThat(fixture.tasks.exit("app1", "e1")).isDone();
        fixture.tasks.delete("app1", "e1");
        assertThatThrownBy(() -> fixture.tasks.state("app1", "e1"))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
        assertThat(fixture.exits("e1")).isZero();
        fixture.sandbox.stop();
    }

    @Test
    void anExecThatWasNeverStartedEndsWithItsContainer() throws Exception {
        SandboxFixture fixture = runningPod();
        fixture.tasks.exec("app1", "e1", Json.parseObject("{\"args\":[\"top\"]}"), TaskIo.NONE);
        CompletableFuture<ExitStatus> waiting = fixture.tasks.exit("app1", "e1");
        fixture.agent.exit("app1", "app1", 0);
        fixture.tasks.exit("app1", "").join();
        fixture.tasks.delete("app1", "");
        assertThat(waiting.get(10, TimeUnit.SECONDS).status()).isEqualTo(137);
        assertThat(fixture.exits("e1")).isZero();
        fixture.sandbox.stop();
    }

    @Test
    void aStormOfExecsEndsAtItsBound() {
        SandboxFixture fixture = runningPod();
        for (int i = 0; i < TaskTable.MAX_EXECS; i++) {
            fixture.tasks.exec(
                    i % 2 == 0 ? "app1" : SandboxFixture.SANDBOX,
                    "e" + i,
                    Json.parseObject("{\"args\":[\"top\"]}"),
                    TaskIo.NONE);
        }
        assertThatThrownBy(
                        () ->
                                fixture.tasks.exec(
                                        "app1",
                                        "more",
                                        Json.parseObject("{\"args\":[\"top\"]}"),
                                        TaskIo.NONE))
                .satisfies(failure -> assertKind(failure, Kind.RESOURCE_EXHAUSTED))
                .hasMessageContaining("512 execs of this sandbox are not deleted yet");
        fixture.tasks.delete("app1", "e0");
        fixture.tasks.exec("app1", "more", Json.parseObject("{\"args\":[\"top\"]}"), TaskIo.NONE);
        fixture.sandbox.stop();
    }

    @Test
    void execsFollowTheTableOfErrors() {
        SandboxFixture fixture = runningPod();
        fixture.tasks.exec("app1", "e1", Json.parseObject("{\"args\":[\"top\"]}"), TaskIo.NONE);
        assertThatThrownBy(
                        () -> fixture.tasks.exec("app1", "e1", Json.parseObject("{}"), TaskIo.NONE))
                .satisfies(failure -> assertKind(failure, Kind.ALREADY_EXISTS));
        assertThatThrownBy(() -> fixture.tasks.kill("app1", "e1", SIGTERM, false))
                .satisfies(failure -> assertKind(failure, Kind.FAILED_PRECONDITION));
        fixture.tasks.start("app1", "e1");
        assertThatThrownBy(() -> fixture.tasks.start("app1", "e1"))
                .satisfies(failure -> assertKind(failure, Kind.FAILED_PRECONDITION));
        assertThatThrownBy(() -> fixture.tasks.delete("app1", "e1"))
                .satisfies(failure -> assertKind(failure, Kind.FAILED_PRECONDITION));
        fixture.tasks.kill("app1", "e1", SIGKILL, false);
        assertThat(fixture.tasks.exit("app1", "e1").join().status()).isEqualTo(137);
        assertThatThrownBy(() -> fixture.tasks.kill("app1", "e1", SIGKILL, false))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
        assertThat(fixture.tasks.delete("app1", "e1").status()).isEqualTo(137);
        fixture.sandbox.stop();
    }

    /** As kill(2) does; CRI-O asks so whether a container runs. */
    @Test
    void signal0AsksWhetherAProcessIsThere() {
        SandboxFixture fixture = runningPod();
        fixture.tasks.kill("app1", "", 0, false);
        fixture.tasks.kill(SandboxFixture.SANDBOX, "", 0, false);
        assertThatThrownBy(() -> fixture.tasks.kill("app1", "", -1, false))
                .satisfies(failure -> assertKind(failure, Kind.INVALID_ARGUMENT));
        assertThat(fixture.agent.signals).isEmpty();
        fixture.agent.exit("app1", "app1", 0);
        fixture.tasks.exit("app1", "").join();
        assertThatThrownBy(() -> fixture.tasks.kill("app1", "", 0, false))
                .satisfies(failure -> assertKind(failure, Kind.NOT_FOUND));
        fixture.sandbox.stop();
    }

    @Test
    void outOfMemoryIsToldBeforeTheExitThatFollows() {
        SandboxFixture fixture = runningPod();
        fixture.agent.runOutOfMemory("app1");
        fixture.agent.exit("app1", "app1", 137);
        fixture.tasks.exit("app1", "").join();
        List<String> kinds =
                fixture.events.stream()
                        .filter(event -> event.containerId().equals("app1"))
                        .map(event -> event.getClass().getSimpleName())
                        .toList();
        assertThat(kinds).containsExactly("Create", "Start", "Oom", "Exit");
        assertThat(directory.resolve("app1/oom")).as("which CRI-O alone knows").doesNotExist();
        fixture.sandbox.stop();
    }

    @Test
    void criOIsToldOfALackOfMemoryByAFileBeforeTheExit() {
        SandboxFixture fixture = runningPod();
        fixture.madeByCriO("app1");
        fixture.agent.runOutOfMemory("app1");
        fixture.agent.exit("app1", "app1", 137);
        fixture.tasks.exit("app1", "").join();
        assertThat(directory.resolve("app1/oom")).isEmptyFile();
        fixture.sandbox.stop();
    }

    private SandboxFixture runningPod() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        return fixture;
    }

    private static void assertKind(Throwable failure, Kind kind) {
        assertThat(failure).isInstanceOf(RuntimeFailure.class);
        assertThat(((RuntimeFailure) failure).kind()).as(failure.getMessage()).isEqualTo(kind);
    }

    private static void assertNothingIsLeft(SandboxFixture fixture) {
        assertThat(fixture.host.mounted).isEmpty();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
        assertThat(fixture.vm.exited()).isDone();
        assertThat(fixture.tasks.idle()).isTrue();
        assertThat(Files.exists(fixture.runDirectory())).isFalse();
    }
}
