package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.AgentTrait;
import io.saya.container.Container;
import io.saya.container.ExitStatus;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.GuestLaunch;
import io.saya.guest.SandboxCgroup;
import io.saya.guest.StartClock;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.io.HoldingHost;
import io.saya.io.HostStdio;
import io.saya.io.StreamKeeping;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is written down as it changes, against what a handover tells in the same moment. */
@Timeout(60)
class TaskRecordsTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @TempDir Path directory;
    private SandboxFixture before;
    private HoldingHost guard;
    private Tasks tasks;
    private TaskRecords records;

    @BeforeEach
    void run() throws IOException {
        before = new SandboxFixture(directory);
        before.agent.behaveLike(AgentTrait.STARTS_FROM_TEMPLATE, AgentTrait.KEEPS_OUTPUT);
        guard = new HoldingHost(directory);
        StreamKeeping keeping = keeping(before.sandbox, true);
        records = new TaskRecords(before.sandbox, keeping);
        tasks = tasks(before.sandbox, keeping, records);
    }

    @AfterEach
    void end() {
        before.sandbox.stop();
        guard.close();
    }

    private StreamKeeping keeping(Sandbox sandbox, boolean begins) {
        return new StreamKeeping(sandbox.identity().runDirectory(), guard, begins);
    }

    private static Tasks tasks(Sandbox sandbox, StreamKeeping keeping, TaskRecords records) {
        Path io = sandbox.identity().runDirectory().resolve("io");
        return new Tasks(sandbox, new HostStdio(io, keeping), records);
    }

    private void runPod() {
        before.sandbox.boot(before.bundle(SandboxFixture.SANDBOX, "sandbox", "sleep"));
        create(SandboxFixture.SANDBOX, "sandbox");
        tasks.start(SandboxFixture.SANDBOX, "");
        create("app1", "container");
        tasks.start("app1", "");
    }

    private void create(String id, String type) {
        tasks.create(before.request(id), before.bundle(id, type, "sleep"));
    }

    /** What is not the same: how far streams have come stands elsewhere. */
    private static JsonArray withoutPositions(JsonArray containers) {
        List<JsonValue> all = new ArrayList<>();
        for (JsonObject container : containers.objects()) {
            List<JsonValue> execs = new ArrayList<>();
            for (JsonObject exec : container.array("execs").orElseThrow().objects()) {
                execs.add(withoutPositions(exec));
            }
            all.add(
                    container.toBuilder()
                            .put("init", withoutPositions(container.object("init").orElseThrow()))
                            .put("execs", new JsonArray(execs))
                            .remove(StandingTasks.TELL)
                            .remove("figures") // those of the last call
                            .build());
        }
        return new JsonArray(all);
    }

    private static JsonObject withoutPositions(JsonObject process) {
        JsonObject.Builder same = process.toBuilder();
        for (String stream : List.of("stdout", "stderr")) {
            same.put(
                    stream,
                    process.object(stream).orElseThrow().toBuilder()
                            .remove("stage")
                            .remove("asked")
                            .remove("position")
                            .remove("done")
                            .build());
        }
        return same.build();
    }

    private void awaitDismissed(String id) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (StandingTasks.read(before.runDirectory())
                .sandbox()
                .object("machine")
                .flatMap(machine -> machine.object("demands"))
                .flatMap(demands -> demands.object(id))
                .isPresent()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private void assertSame(String after) {
        StandingTasks written = StandingTasks.read(before.runDirectory());
        TaskHandover handover = new TaskHandover(before.sandbox);
        TaskHandover.Held held = handover.hold(LIMIT);
        handover.release();
        assertThat(held.counted()).isTrue();
        assertThat(written.sandbox()).as(after).isEqualTo(held.sandbox());
        assertThat(withoutPositions(written.containers()))
                .as(after)
                .isEqualTo(withoutPositions(held.containers()));
    }

    @Test
    void theyAreWhatAHandoverTells() {
        runPod();
        assertSame("start");
        create("app2", "container");
        assertSame("create");
        tasks.exec(
                "app1", "e1", Json.parseObject("{\"args\":[\"true\"],\"cwd\":\"/\"}"), TaskIo.NONE);
        tasks.start("app1", "e1");
        assertSame("exec");
        tasks.kill("app1", "e1", 1, false);
        assertThat(tasks.exit("app1", "e1").join().status()).isEqualTo(129);
        assertSame("kill");
        tasks.closeStdin("app1", "");
        assertSame("close of stdin");
        tasks.pause("app1");
        assertSame("pause");
        tasks.resume("app1");
        assertSame("resume");
        tasks.delete("app1", "e1");
        assertSame("delete of an exec");
        tasks.update("app1", Json.parseObject("{\"cpu\":{\"shares\":512}}"));
        assertSame("update");
        tasks.delete("app2", "");
        assertSame("delete");
        before.agent.exit("app1", "app1", 4);
        assertThat(tasks.exit("app1", "").join().status()).isEqualTo(4);
        // What the machine is wanted for is dismissed when clients have been told.
        awaitDismissed("app1");
        assertSame("exit of a container");
    }

    @Test
    void anExecThatIsNotStartedIsNamed() {
        runPod();
        tasks.exec(
                "app1", "e1", Json.parseObject("{\"args\":[\"true\"],\"cwd\":\"/\"}"), TaskIo.NONE);
        assertRefused("exec e1 of container app1: it was added and is not started");
        tasks.delete("app1", "e1");
        assertThat(StandingTasks.read(before.runDirectory()).containers().objects()).hasSize(2);
    }

    private static final JsonObject TRUE = Json.parseObject("{\"args\":[\"true\"],\"cwd\":\"/\"}");

    private void exec(String id) {
        tasks.exec("app1", id, TRUE, TaskIo.NONE);
        tasks.start("app1", id);
    }

    private void endExec(String id, int status) {
        before.agent.exit("app1", id, status);
        assertThat(tasks.exit("app1", id).join().status()).isEqualTo(status);
    }

    private Path journal() {
        return TaskRecords.directory(before.runDirectory()).resolve(ExecJournal.FILE);
    }

    @Test
    void whatBecomesOfAnExecIsToldAlone() throws Exception {
        runPod();
        Path record = TaskRecords.directory(before.runDirectory()).resolve("container-app1.json");
        String written = Files.readString(record);
        exec("e1");
        exec("e2");
        assertSame("start of execs");
        endExec("e1", 3);
        assertSame("exit of an exec");
        tasks.closeStdin("app1", "e2");
        assertSame("close of an exec's stdin");
        tasks.delete("app1", "e1");
        assertSame("delete of an exec");
        exec("e1");
        assertSame("another exec of this id");
        tasks.kill("app1", "e1", 15, false);
        assertThat(tasks.exit("app1", "e1").join().status()).isEqualTo(143);
        assertSame("kill of an exec");
        tasks.delete("app1", "e1");
        endExec("e2", 0);
        tasks.delete("app1", "e2");
        assertSame("delete of all");
        assertThat(Files.readString(record)).isEqualTo(written);
        tasks.pause("app1");
        assertSame("pause");
        assertThat(Files.readString(record)).isNotEqualTo(written);
    }

    @Test
    void aRecordTakesInWhatTheJournalHasTold() {
        runPod();
        exec("e1");
        tasks.exec("app1", "e2", TRUE, TaskIo.NONE);
        tasks.pause("app1");
        // Of one that is not started the record has nothing to tell: it must not stay so.
        assertRefused("exec e2 of container app1: it was added and is not started");
        tasks.resume("app1");
        tasks.start("app1", "e2");
        assertSame("start of an exec");
        tasks.pause("app1");
        assertSame("pause");
        tasks.resume("app1");
        endExec("e1", 1);
        tasks.delete("app1", "e1");
        endExec("e2", 2);
        tasks.delete("app1", "e2");
        assertSame("delete of execs");
    }

    @Test
    void anExecThatCannotBeStartedIsAnObstacleUntilItIsDeleted() {
        runPod();
        before.agent.failStart(RuntimeFailure.internal("no such file", null));
        tasks.exec("app1", "e1", TRUE, TaskIo.NONE);
        assertThatThrownBy(() -> tasks.start("app1", "e1")).isInstanceOf(RuntimeFailure.class);
        tasks.delete("app1", "e1");
        assertSame("delete of the exec");
    }

    @Test
    void theJournalStaysShort() throws Exception {
        runPod();
        exec("stays");
        long most = 0;
        for (int i = 0; i < 150; i++) {
            exec("e" + i);
            endExec("e" + i, 0);
            tasks.delete("app1", "e" + i);
            most = Math.max(most, Files.exists(journal()) ? Files.size(journal()) : 0);
            if (i % 10 == 0) {
                assertSame("exec " + i);
            }
        }
        assertThat(most).isBetween(30_000L, 40_000L);
        assertSame("all of them");
    }

    @Test
    void aLineThatWasCutWasNotAnswered() throws Exception {
        runPod();
        exec("e1");
        JsonArray told = StandingTasks.read(before.runDirectory()).containers();
        Files.writeString(journal(), "{\"line\":9,\"order\":2,\"ex", StandardOpenOption.APPEND);
        assertThat(StandingTasks.read(before.runDirectory()).containers()).isEqualTo(told);
        // Another daemon appends to it.
        ExecJournal next = new ExecJournal(TaskRecords.directory(before.runDirectory()));
        next.goOn();
        assertThat(next.last()).isEqualTo(2);
        next.obstacle(2, "e1", "it is not to be gone on with");
        assertRefused("it is not to be gone on with");
        Files.writeString(journal(), "{}x\n");
        assertRefused(journal() + " cannot be read");
    }

    @Test
    void theJournalOfSeveralDaemonsIsNoLongerThanThatOfOne() throws Exception {
        Path records = Files.createDirectories(TaskRecords.directory(directory));
        int daemons = 0;
        boolean isLong = false;
        while (!isLong) {
            ExecJournal journal = new ExecJournal(records);
            journal.goOn();
            daemons++;
            for (int i = 0; i < 100; i++) {
                journal.removed(1, "e" + i);
            }
            isLong = journal.isLong();
            assertThat(Files.size(records.resolve(ExecJournal.FILE))).isLessThan(40_000);
        }
        assertThat(daemons).isGreaterThan(1);
    }

    @Test
    void aSecondDeletionLeavesAnotherContainerOfThisIdAlone() {
        runPod();
        create("app2", "container");
        Container deleted = before.sandbox.tasks().container("app2");
        tasks.delete("app2", "");
        create("app2", "container");
        records.removed(deleted);
        assertSame("deletion of another one of its id");
        tasks.delete("app2", "");
        assertSame("delete");
    }

    @Test
    void nothingIsWrittenWhereNobodyFollows() {
        tasks.endWithDaemon();
        runPod();
        exec("e1");
        endExec("e1", 0);
        tasks.delete("app1", "e1");
        assertThat(TaskRecords.directory(before.runDirectory())).doesNotExist();
        assertThat(before.runDirectory().resolve("positions")).doesNotExist();
    }

    @Test
    void whatIsInNobodysHandsIsNamed() throws Exception {
        assertRefused("nothing is written down of the sandbox");
        runPod();
        Path file = TaskRecords.directory(before.runDirectory()).resolve("container-app1.json");
        Files.writeString(file, Files.readString(file).substring(10));
        assertRefused(file + " cannot be read");
        Files.writeString(file, "{\"version\":7}");
        assertRefused(file + ": version 7 (expected: 2)");
        Files.writeString(file, "{\"version\":2}");
        assertRefused(file + " has no container");
    }

    @Test
    void aLoggerIsNamed() {
        runPod();
        before.bundle("app3", "container", "sleep");
        String uri = "binary:///bin/sh?-c=echo%20ready%20%3E%265%3B%20exec%20cat%20/dev/fd/3";
        tasks.create(
                new CreateRequest(
                        "app3",
                        directory.resolve("app3"),
                        List.of(),
                        new TaskIo("", uri, uri, false)),
                before.bundle("app3", "container", "sleep"));
        assertRefused("container app3: output goes to a logger");
        tasks.delete("app3", "");
        assertThat(StandingTasks.read(before.runDirectory()).containers().objects()).hasSize(2);
    }

    private void assertRefused(String why) {
        assertThatThrownBy(() -> StandingTasks.read(before.runDirectory()))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining(why);
    }

    @Test
    void nobodyGoesOnWithASandboxThatStops() throws IOException {
        runPod();
        tasks.kill(SandboxFixture.SANDBOX, "", 9, true);
        assertRefused("nothing is written down");
        tasks.delete("app1", "");
        tasks.delete(SandboxFixture.SANDBOX, "");
        try (Stream<Path> left = Files.walk(before.runDirectory())) {
            assertThat(left.toList()).isEmpty();
        } catch (java.nio.file.NoSuchFileException e) {
            // as it should be
        }
    }

    /** Adopts the VM that is there; nothing is started. */
    private final class Adopting implements Hypervisor {
        @Override
        public Vm start(VmSpec spec) throws HypervisorFailure {
            throw new HypervisorFailure("nothing is to be started");
        }

        @Override
        public Vm goOn(String sandboxId, Path runDirectory, JsonObject held) {
            return before.vm;
        }
    }

    @Test
    void anotherDaemonGoesOnByThemAndTellsExitsOnceMore() {
        runPod();
        create("app2", "container");
        tasks.start("app2", "");
        before.agent.exit("app2", "app2", 3);
        assertThat(tasks.exit("app2", "").join().status()).isEqualTo(3);
        awaitDismissed("app2");

        StandingTasks standing = StandingTasks.read(before.runDirectory());
        // A daemon that has died writes nothing, whatever it sees of the same agent.
        before.sandbox.tasks().whenEnded((_, _) -> {});
        before.sandbox.whenChanged(() -> {});
        Queue<TaskEvent> events = new ConcurrentLinkedQueue<>();
        Sandbox sandbox =
                new Sandbox(
                        new GuestLaunch(
                                before.sandbox.identity(),
                                SandboxFixture.configuration(directory),
                                before.host,
                                new Adopting(),
                                (_, _, _) -> before.agent,
                                SandboxCgroup.none(),
                                new StartClock()),
                        events::add);
        sandbox.standing(
                standing.sandbox(), before.bundle(SandboxFixture.SANDBOX, "sandbox", "sleep"));
        StreamKeeping keeping = keeping(sandbox, false);
        Tasks after = tasks(sandbox, keeping, new TaskRecords(sandbox, keeping));
        after.standing(standing.containers());
        sandbox.goOn(before.agent, before.agent.details());
        after.goOn();
        assertThat(events)
                .singleElement()
                .satisfies(
                        event ->
                                assertThat(event)
                                        .isInstanceOfSatisfying(
                                                TaskEvent.Exit.class,
                                                exit -> {
                                                    assertThat(exit.processId()).isEqualTo("app2");
                                                    assertThat(exit.exitStatus()).isEqualTo(3);
                                                }));
        // As they stand now: another one could follow.
        assertThat(withoutPositions(StandingTasks.read(before.runDirectory()).containers()))
                .isEqualTo(withoutPositions(standing.containers()));
        before.agent.exit("app1", "app1", 4);
        assertThat(after.exit("app1", "").join().status()).isEqualTo(4);
        assertThat(after.delete("app1", "").status()).isEqualTo(4);
        assertThat(after.delete("app2", "").status()).isEqualTo(3);
        assertThat(StandingTasks.read(before.runDirectory()).containers().objects()).hasSize(1);
        after.kill(SandboxFixture.SANDBOX, "", 9, true);
        assertThat(after.exit(SandboxFixture.SANDBOX, "").join().status())
                .isEqualTo(ExitStatus.KILLED);
        assertRefused("nothing is written down");
    }
}
