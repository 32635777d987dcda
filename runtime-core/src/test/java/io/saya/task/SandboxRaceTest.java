package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.host.Signal.SIGTERM;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kill, delete, exit, crash, shutdown and the rest at once or within a few milliseconds, in random
 * order. Whatever happens: everybody gets an answer, each process ends once, the order of events
 * holds, and nothing is left. The number of rounds is the system property {@code saya.race.rounds}
 * (per seed).
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class SandboxRaceTest {

    private static final int ROUNDS = Integer.getInteger("saya.race.rounds", 75);

    /** Between the acts of a round: some of them meet the stop under way, some its end. */
    private static final long LONGEST_PAUSE_NANOS = 5_000_000;

    private static final JsonObject PROCESS = Json.parseObject("{\"args\":[\"top\"]}");
    private static final JsonObject LIMITS = Json.parseObject("{\"memory\":{\"limit\":1048576}}");

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everythingAtOnceEndsOnceAndLeavesNothing(long seed) throws Exception {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            oneRound(
                    directory.resolve("s" + seed + "-" + round),
                    random,
                    "seed " + seed + " round " + round);
        }
    }

    private static void oneRound(Path where, Random random, String name) throws Exception {
        Files.createDirectories(where);
        boolean pod = random.nextBoolean();
        SandboxFixture fixture = new SandboxFixture(where);
        List<Runnable> acts = new ArrayList<>();
        acts.add(() -> fixture.createSandboxContainer(pod ? "sandbox" : null));
        boolean concurrentCreate = random.nextInt(4) == 0;
        if (!concurrentCreate) {
            acts.removeFirst().run();
            fixture.tasks.start(SandboxFixture.SANDBOX, "");
            if (pod) {
                fixture.create("app1");
                fixture.tasks.start("app1", "");
                acts.add(() -> fixture.create("app2"));
                acts.add(() -> fixture.tasks.start("app2", ""));
                acts.add(() -> fixture.tasks.kill("app1", "", SIGKILL, true));
                acts.add(() -> fixture.tasks.delete("app1", ""));
                acts.add(() -> fixture.agent.exit("app1", "app1", 3));
                acts.add(() -> fixture.tasks.exec("app1", "e2", PROCESS, TaskIo.NONE));
                acts.add(() -> fixture.tasks.start("app1", "e2"));
            }
        }
        acts.add(() -> fixture.tasks.exec(SandboxFixture.SANDBOX, "e1", PROCESS, TaskIo.NONE));
        acts.add(() -> fixture.tasks.start(SandboxFixture.SANDBOX, "e1"));
        acts.add(() -> fixture.tasks.delete(SandboxFixture.SANDBOX, "e1"));
        acts.add(() -> fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGKILL, false));
        acts.add(() -> fixture.tasks.kill(SandboxFixture.SANDBOX, "", SIGTERM, false));
        acts.add(() -> fixture.tasks.delete(SandboxFixture.SANDBOX, ""));
        acts.add(() -> fixture.tasks.delete(SandboxFixture.SANDBOX, ""));
        acts.add(() -> fixture.agent.exit(SandboxFixture.SANDBOX, SandboxFixture.SANDBOX, 0));
        acts.add(() -> fixture.tasks.state(SandboxFixture.SANDBOX, ""));
        acts.add(() -> fixture.tasks.pause(SandboxFixture.SANDBOX));
        acts.add(() -> fixture.tasks.resume(SandboxFixture.SANDBOX));
        acts.add(() -> fixture.tasks.update(SandboxFixture.SANDBOX, LIMITS));
        acts.add(() -> fixture.tasks.kill(SandboxFixture.SANDBOX, "e1", SIGKILL, false));
        acts.add(() -> fixture.tasks.resize(SandboxFixture.SANDBOX, "e1", 80, 25));
        acts.add(() -> fixture.tasks.closeStdin(SandboxFixture.SANDBOX, "e1"));
        if (random.nextInt(3) == 0) {
            acts.add(fixture.vm::crash);
        }
        if (random.nextInt(3) == 0) {
            acts.add(fixture.agent::close);
        }
        if (random.nextInt(3) == 0) {
            // From then on the guest says nothing of what it is asked to start.
            acts.add(
                    () ->
                            fixture.agent.failStart(
                                    RuntimeFailure.deadlineExceeded("no answer", null)));
        }
        if (!concurrentCreate && random.nextInt(3) == 0) {
            // A daemon is told to end when it has booted its sandbox, not before.
            acts.add(fixture.sandbox::close);
        }
        Collections.shuffle(acts, random);
        run(acts, random, name);
        finish(fixture, name);
        check(fixture, name);
    }

    /**
     * Each in a thread of its own, in every other round after a pause of its own; refusals are
     * answers.
     */
    private static void run(List<Runnable> acts, Random random, String name) throws Exception {
        long longest = random.nextBoolean() ? LONGEST_PAUSE_NANOS : 1;
        CountDownLatch go = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> answers = new ArrayList<>();
            for (Runnable act : acts) {
                long pause = random.nextLong(longest);
                answers.add(
                        threads.submit(
                                () -> {
                                    go.await();
                                    LockSupport.parkNanos(pause);
                                    try {
                                        act.run();
                                    } catch (RuntimeFailure refusal) {
                                        assertThat(refusal.getMessage()).isNotEmpty();
                                    }
                                    return null;
                                }));
            }
            go.countDown();
            for (Future<?> answer : answers) {
                try {
                    answer.get(30, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    throw new AssertionError(name + ": an act has no answer after 30 s", e);
                }
            }
        }
    }

    /** What containerd does in the end whatever happened: kill and delete everything. */
    private static void finish(SandboxFixture fixture, String name) {
        for (String container : List.of("app1", "app2", SandboxFixture.SANDBOX)) {
            quietly(() -> fixture.tasks.kill(container, "", SIGKILL, true));
            quietly(() -> fixture.tasks.exit(container, "").orTimeout(20, TimeUnit.SECONDS).join());
            quietly(() -> fixture.tasks.delete(container, ""));
        }
        fixture.sandbox.close();
        assertThat(fixture.tasks.idle()).as(name).isTrue();
    }

    private static void quietly(Runnable act) {
        try {
            act.run();
        } catch (RuntimeFailure refusal) {
            assertThat(refusal.getMessage()).isNotEmpty();
        }
    }

    private static void check(SandboxFixture fixture, String name) {
        Map<String, Integer> phases = new HashMap<>();
        List<String> exited = new ArrayList<>();
        for (TaskEvent event : fixture.events) {
            String process =
                    switch (event) {
                        case TaskEvent.Exit exit -> exit.processId();
                        case TaskEvent.ExecAdded added -> added.execId();
                        case TaskEvent.ExecStarted started -> started.execId();
                        default -> event.containerId();
                    };
            int phase =
                    switch (event) {
                        case TaskEvent.Create _, TaskEvent.ExecAdded _ -> 1;
                        case TaskEvent.Start _, TaskEvent.ExecStarted _ -> 2;
                        case TaskEvent.Exit _ -> 3;
                        case TaskEvent.Delete _ -> 4;
                        case TaskEvent.Oom _, TaskEvent.Paused _, TaskEvent.Resumed _ -> 0;
                    };
            if (phase > 0) {
                assertThat(phase)
                        .as(name + ": " + fixture.events)
                        .isGreaterThan(phases.getOrDefault(process, 0));
                phases.put(process, phase);
            }
            if (event instanceof TaskEvent.Exit exit) {
                exited.add(exit.processId());
            }
        }
        assertThat(exited).as(name).doesNotHaveDuplicates();
        if (exited.contains(SandboxFixture.SANDBOX)) {
            assertThat(exited.getLast())
                    .as(name + ": " + fixture.events)
                    .isEqualTo(SandboxFixture.SANDBOX);
        }
        assertThat(fixture.host.mounted).as(name).isEmpty();
        assertThat(fixture.host.processes).as(name).allMatch(process -> process.exited().isDone());
        assertThat(fixture.vm.exited()).as(name).isDone();
        assertThat(left(fixture.runDirectory())).as(name + ": run directory").isEmpty();
    }

    private static List<String> left(Path directory) {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (var files = Files.walk(directory)) {
            return files.map(Path::toString).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
