package io.saya.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.Agent;
import io.saya.agent.ContainerUsage;
import io.saya.agent.OutOfMemory;
import io.saya.container.Container;
import io.saya.container.ContainerFigures;
import io.saya.container.ContainerProcess;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.oci.ContainerKind;
import io.saya.task.NoStdio;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A guest that answers GetOOMEvent at once, whenever it is asked. */
class OutOfMemoryWatchTest {

    private static final int ENOUGH = 1000;

    private final List<TaskEvent> events = new ArrayList<>();
    private final List<CompletableFuture<Void>> pauses = new ArrayList<>();
    private boolean broken;
    private int questions;
    private long now = Long.MAX_VALUE;

    @Test
    void aFloodBecomesOneEventPerContainerAndSecond() {
        watch("app1").start();
        assertThat(events).containsExactly(new TaskEvent.Oom("app1"));
        assertThat(questions).isEqualTo(OutOfMemoryWatch.ANSWERS);
        assertThat(pauses).hasSize(1);

        now += TimeUnit.SECONDS.toNanos(1);
        pauses.getFirst().complete(null);
        assertThat(events).hasSize(2);
        assertThat(questions).isEqualTo(2 * OutOfMemoryWatch.ANSWERS);
    }

    @Test
    void anEventThatCannotBeToldIsNotTheLast() {
        broken = true;
        watch("app1").start();
        assertThat(questions).isEqualTo(OutOfMemoryWatch.ANSWERS);
    }

    @Test
    void anIdThatNobodyGaveIsNotRepeated() {
        List<LogRecord> lines = new ArrayList<>();
        LogRouter.install(lines::add);
        try {
            watch("x".repeat(77)).start();
        } finally {
            LogRouter.uninstall();
        }
        assertThat(events).isEmpty();
        assertThat(lines).isNotEmpty();
        assertThat(lines.toString()).doesNotContain("xx");
    }

    @Test
    void theLogSaysWhoseMemoryItWas() {
        List<LogRecord> lines = new ArrayList<>();
        LogRouter.install(lines::add);
        try {
            watch("app1").start();
        } finally {
            LogRouter.uninstall();
        }
        assertThat(lines.toString()).contains("app1", "the guest as a whole has no memory left");
    }

    private OutOfMemoryWatch watch(String containerId) {
        TaskTable tasks =
                new TaskTable(
                        event -> {
                            if (broken) {
                                throw new IllegalStateException("nobody has thought of it");
                            }
                            events.add(event);
                        });
        tasks.add(
                new Container(
                        "app1",
                        Path.of("/none"),
                        ContainerKind.POD_CONTAINER,
                        new ContainerProcess("app1", TaskIo.NONE, new NoStdio()),
                        new ContainerFigures("app1", () -> ContainerUsage.NONE, Optional::empty)));
        return new OutOfMemoryWatch(
                flooding(containerId),
                tasks,
                () -> now,
                () -> {
                    pauses.add(new CompletableFuture<>());
                    return pauses.getLast();
                });
    }

    private Agent flooding(String containerId) {
        return (Agent)
                Proxy.newProxyInstance(
                        Agent.class.getClassLoader(),
                        new Class<?>[] {Agent.class},
                        (_, _, _) ->
                                ++questions < ENOUGH
                                        ? CompletableFuture.completedFuture(
                                                new OutOfMemory(
                                                        containerId, OutOfMemory.Exhausted.GUEST))
                                        : new CompletableFuture<OutOfMemory>());
    }
}
