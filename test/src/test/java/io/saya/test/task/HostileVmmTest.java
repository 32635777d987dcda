package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.containerd.task.StatsRequest;
import io.saya.proto.containerd.types.Status;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.TtrpcException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A VMM, and the agent behind it, that lie, flood, stall or talk nonsense at each step of the
 * protocols, against the real daemon and its guard. Whatever they do: the memory and the processor
 * time of daemon and guard are bounded, another sandbox's exec takes no more than twice its time,
 * Kill returns with the VM gone, nothing is left, and no control character is in an error or a log.
 */
@WithProduct
@Timeout(120)
final class HostileVmmTest extends ShimSuite {
    /** For calls to come to where they are disturbed. */
    private static final Duration SETTLED = Duration.ofMillis(2500);

    /** In which processor time is measured. */
    private static final Duration WINDOW = Duration.ofMillis(1500);

    private static final int WINDOWS = 12;

    private static final Duration KILL = Duration.ofSeconds(30);

    /** Of a processor: an attack that comes all the time is paced to some per cent. */
    private static final double PROCESSOR = 0.05;

    /** A heap of 64 MiB, code and threads: what a daemon may ever have for itself. */
    private static final long DAEMON_MIB = 128;

    private static final long GUARD_MIB = 8;

    /** What the noise of a busy host may add to an exec. */
    private static final double NOISE_MS = 300;

    private static final int MOST_EXECS = 512;
    private static final int FIFO_BYTES = 64 << 10;
    private static final int ROUNDS = 10;
    private static final int STARTERS = 16;

    /** The heap, and a thread that waits for a reader for each stream. */
    private static final long LARGEST_MIB = 256;

    private @Nullable Bystander bystander;

    @BeforeAll
    void startTheBystander() throws Exception {
        // A name that is not looked for after each test.
        var id = "bystander" + ProcessHandle.current().pid();
        var vmm = HostileVmm.prepare(directory(), id, "");
        bystander = new Bystander(startIn("", vmm.environment(), id, "sleep", "1000"));
    }

    @AfterAll
    void endTheBystander() {
        Objects.requireNonNull(bystander).close();
    }

    private static Stream<String> calls() {
        return Stream.of(
                "Check",
                "CreateSandbox",
                "GetGuestDetails",
                "CreateContainer",
                "StartContainer",
                "ExecProcess",
                "WaitProcess",
                "ReadStdout",
                "StatsContainer",
                "GetOOMEvent",
                "SignalProcess",
                "DestroySandbox");
    }

    private static Stream<String> ways() {
        return Stream.of(
                "silence",
                "hangup",
                "garbage",
                "malformed",
                "envelope",
                "numbers",
                "long",
                "unknown",
                "endless",
                "error",
                "unwanted",
                "twice",
                "request",
                "data",
                "trickle",
                "bytes",
                "escapes");
    }

    /** One of each way, each at another step. */
    private static Stream<String> some() {
        return Stream.of(
                "Check:garbage",
                "CreateSandbox:error",
                "GetGuestDetails:escapes",
                "CreateContainer:endless",
                "WaitProcess:unwanted",
                "ReadStdout:bytes",
                "SignalProcess:silence",
                "qmp:events",
                "qmp:escapes",
                "console:escapes",
                "process:output",
                "process:stopped");
    }

    private static Stream<String> every() {
        return Stream.concat(
                calls().flatMap(call -> ways().map(way -> call + ":" + way)),
                Stream.of(
                        "qmp:silence",
                        "qmp:garbage",
                        "qmp:line",
                        "qmp:hangup",
                        "qmp:unanswered",
                        "qmp:error",
                        "qmp:events",
                        "qmp:blank",
                        "qmp:greetings",
                        "qmp:trickle",
                        "qmp:long",
                        "qmp:stops",
                        "qmp:escapes",
                        "qmp:nested",
                        "qmp:numbers",
                        "qmp:answers",
                        "console:flood",
                        "console:lines",
                        "console:escapes",
                        "process:exit",
                        "process:stopped",
                        "process:output",
                        "process:deaf",
                        "process:children",
                        "process:burn"));
    }

    @ParameterizedTest
    @MethodSource("some")
    void oneOfEachWay(String what) throws Exception {
        attack(what);
    }

    @ParameterizedTest
    @MethodSource("every")
    @Tag("full")
    void everyWayAtEachStep(String what) throws Exception {
        attack(what);
    }

    /**
     * All that a guest may send, at its largest, on all channels at once: output of 512 execs that
     * nobody reads, input that it does not take, statistics of packed numbers, unknown fields, long
     * lines of the monitor, the console. The heap is that of the shipped options, and a daemon
     * whose heap is full ends at once.
     */
    @Test
    @Tag("full")
    @Timeout(600)
    void theHeapHoldsTheLargestOfEverythingAtOnce() throws Exception {
        var id = newId();
        var vmm = HostileVmm.prepare(directory(), id, "any:largest");
        try (var shim = startIn("", vmm.environment(), id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            long daemon = vmm.daemon();
            assertThat(Files.readString(Path.of("/proc/" + daemon + "/cmdline")))
                    .contains("-Xmx64m", "-XX:+ExitOnOutOfMemoryError");
            var inputs = execsWithStreams(shim);
            for (int round = 0; round < ROUNDS; round++) {
                assertThat(stats(shim, daemon)).as("answers of Stats").isPositive();
                assertThat(Wait.until(Duration.ofSeconds(1), () -> !Watched.alive(daemon)))
                        .as("the daemon has ended")
                        .isFalse();
            }
            // An agent that is not heard within 4 s is taken for lost.
            assertThat(shim.state("").getStatus()).isEqualTo(Status.RUNNING);
            assertThat(Watched.privateMib(daemon)).as("MiB").isLessThan(LARGEST_MIB);
            System.out.println("the largest of everything: " + Watched.privateMib(daemon) + " MiB");
            for (var input : inputs) {
                input.close();
            }
            shim.kill("", 9);
            assertThat(vmm.machines()).as("the VM, once Kill has returned").isEmpty();
        }
    }

    private List<FileChannel> execsWithStreams(Shim shim) throws Exception {
        var fifos = Files.createDirectory(directory().resolve(shim.id() + "fifos"));
        var command = new ArrayList<String>(List.of("env", "-C", fifos.toString(), "mkfifo"));
        for (int i = 0; i < MOST_EXECS; i++) {
            command.addAll(List.of("in" + i, "out" + i, "err" + i));
        }
        Ran.run(Duration.ofSeconds(60), command.toArray(String[]::new)).succeeded();
        var inputs = new CopyOnWriteArrayList<FileChannel>();
        try (var starters = Executors.newFixedThreadPool(STARTERS)) {
            for (int i = 0; i < MOST_EXECS; i++) {
                var number = i;
                var _ = starters.submit(() -> inputs.add(execWithStreams(shim, fifos, number)));
            }
        }
        assertThat(inputs).hasSize(MOST_EXECS);
        return inputs;
    }

    /** Nobody reads what it writes; its input is as much as the FIFO holds. */
    private static FileChannel execWithStreams(Shim shim, Path directory, int number)
            throws Exception {
        var name = "x" + number;
        var fifos = new ArrayList<String>();
        for (var stream : List.of("in", "out", "err")) {
            fifos.add(directory.resolve(stream + number).toString());
        }
        var input =
                FileChannel.open(
                        Path.of(fifos.getFirst()),
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        input.write(ByteBuffer.allocate(FIFO_BYTES));
        shim.execWith(name, fifos.get(0), fifos.get(1), fifos.get(2), "true");
        shim.start(name);
        return input;
    }

    /** Many at once; how many were answered. */
    private static long stats(Shim shim, long daemon) {
        var answered = new AtomicLong();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 16; i++) {
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () ->
                                            tell(
                                                    new ArrayList<>(),
                                                    () -> {
                                                        shim.tasks()
                                                                .stats(
                                                                        StatsRequest.newBuilder()
                                                                                .setId(shim.id())
                                                                                .build(),
                                                                        Shim.within());
                                                        answered.incrementAndGet();
                                                    })));
        }
        for (var thread : threads) {
            try {
                thread.join(SETTLED);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        assertThat(Watched.alive(daemon)).as("the daemon lives").isTrue();
        return answered.get();
    }

    private void attack(String what) throws Exception {
        var others = Objects.requireNonNull(bystander);
        var before = others.execMillis();
        var id = newId();
        var vmm = HostileVmm.prepare(directory(), id, what);
        var told = new CopyOnWriteArrayList<String>();
        try (var shim = startIn("", vmm.environment(), id, "sleep", "1000")) {
            var client = Thread.ofVirtual().start(() -> live(shim, told));
            assertThat(client.join(SETTLED) || client.isAlive()).isTrue();
            staysBounded(vmm);
            assertThat(others.execMillis())
                    .as("another sandbox's exec, in ms; before: %s", before)
                    .isLessThan(2 * before + NOISE_MS);
            var begun = System.nanoTime();
            tell(told, () -> shim.kill("", 9));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).as("Kill").isLessThan(KILL);
            assertThat(vmm.machines()).as("the VM, once Kill has returned").isEmpty();
        } catch (AssertionError e) {
            if (!String.valueOf(e.getMessage()).startsWith("status ")) {
                throw e;
            }
            told.add(e.getMessage()); // the shim did not start, and said why
            Shim.deleteDead(directory(), id, vmm.environment()).succeeded();
        }
        told.forEach(text -> assertThat(Watched.steering(text)).as(text).isEmpty());
        var log = vmm.logged();
        assertThat(Watched.steering(log)).as(log).isEmpty();
    }

    /** What containerd does with a container, each call as far as the one before has let it. */
    private static void live(Shim shim, List<String> told) {
        tell(told, () -> shim.create("", "", ""));
        tell(told, () -> shim.start(""));
        tell(told, () -> shim.exec("e", "true"));
        tell(told, () -> shim.start("e"));
        tell(
                told,
                () ->
                        shim.tasks()
                                .stats(
                                        StatsRequest.newBuilder().setId(shim.id()).build(),
                                        CallOptions.timeout(SETTLED)));
        tell(told, () -> shim.await("e"));
        tell(told, () -> shim.delete("e"));
    }

    private static void tell(List<String> told, Shim.Call call) {
        try {
            call.make();
        } catch (TtrpcException e) {
            told.add(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A daemon that has ended by the attack needs nothing any more. */
    private static void staysBounded(Watched vmm) {
        if (vmm.machines().isEmpty()) {
            return;
        }
        long daemon = vmm.daemon();
        long guard = vmm.guard();
        double used = Double.MAX_VALUE;
        // The daemon may still be loading classes: an attack lasts, that ends.
        for (int i = 0; i < WINDOWS && used > PROCESSOR; i++) {
            double before = Watched.seconds(daemon) + Watched.seconds(guard);
            Wait.until(WINDOW, () -> !Watched.alive(daemon));
            if (!Watched.alive(daemon) || !Watched.alive(guard)) {
                return;
            }
            used = Watched.seconds(daemon) + Watched.seconds(guard) - before;
            used /= WINDOW.toMillis() / 1000.0;
        }
        System.out.printf("%.3f of a processor%n", used);
        assertThat(Watched.privateMib(daemon)).as("MiB of the daemon").isLessThan(DAEMON_MIB);
        assertThat(Watched.privateMib(guard)).as("MiB of the guard").isLessThan(GUARD_MIB);
        assertThat(used).as("processors used by daemon and guard").isLessThan(PROCESSOR);
    }
}
