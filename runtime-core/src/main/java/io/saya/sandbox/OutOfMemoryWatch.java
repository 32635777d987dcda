package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.agent.OutOfMemory;
import io.saya.container.Container;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Tells of containers that ran out of memory. The event is published where the agent's answer
 * arrives, before the thread that waits for the exit can see the exit that follows it: that order
 * is what makes an orchestrator say OOMKilled.
 *
 * <p>A guest may answer as often as it likes, and events that nobody has taken yet push out older
 * ones, exits among them: a container is told of once a second at most, and a guest that has
 * answered {@value #ANSWERS} times within a second is not asked again for a second.
 */
final class OutOfMemoryWatch {

    /** More than the containers of a pod that run out of memory at once. */
    static final int ANSWERS = 16;

    /** The longest id that containerd gives a container (containerd: pkg/identifiers). */
    private static final int ID_LENGTH = 76;

    private static final Duration WINDOW = Duration.ofSeconds(1);

    private static final Log LOG = Log.of("oom");

    private final Agent agent;
    private final TaskTable tasks;
    private final LongSupplier clock;
    private final Supplier<CompletableFuture<?>> pause;

    // Of one window of time; used by one answer after the other.
    private final Set<String> told = new HashSet<>();
    private int answers;
    private long windowStart;

    OutOfMemoryWatch(Agent agent, TaskTable tasks) {
        this(agent, tasks, System::nanoTime, OutOfMemoryWatch::aSecond);
    }

    /**
     * @param clock as {@link System#nanoTime}
     * @param pause completes when a guest that answered too often may be asked again
     */
    OutOfMemoryWatch(
            Agent agent,
            TaskTable tasks,
            LongSupplier clock,
            Supplier<CompletableFuture<?>> pause) {
        this.agent = agent;
        this.tasks = tasks;
        this.clock = clock;
        this.pause = pause;
        this.windowStart = clock.getAsLong();
    }

    private static CompletableFuture<?> aSecond() {
        return new CompletableFuture<Void>().completeOnTimeout(null, 1, TimeUnit.SECONDS);
    }

    /**
     * Asks the agent for the next container that runs out of memory, and so on until the connection
     * ends. Returns at once.
     */
    void start() {
        var _ =
                agent.nextOutOfMemory()
                        .whenComplete(
                                (event, failure) -> {
                                    if (event != null) {
                                        answered(event);
                                    } else if (!(cause(failure) instanceof RuntimeFailure known
                                            && known.kind() == RuntimeFailure.Kind.UNAVAILABLE)) {
                                        LOG.warn(
                                                "no more out-of-memory events from the guest",
                                                "error",
                                                cause(failure));
                                    }
                                });
    }

    private void answered(OutOfMemory event) {
        long now = clock.getAsLong();
        if (now - windowStart >= WINDOW.toNanos()) {
            windowStart = now;
            answers = 0;
            told.clear();
        }
        try {
            publish(event);
        } catch (RuntimeException | Error e) {
            // This is a stage of a future: it would be lost, and with it all events that follow.
            LOG.error("an out-of-memory event is not told", "error", e);
        }
        if (++answers < ANSWERS) {
            start();
        } else {
            var _ = pause.get().thenRun(this::start);
        }
    }

    /**
     * Publishes the event of a container that exists; the guest is not trusted to name containers.
     */
    private void publish(OutOfMemory event) {
        String containerId = event.containerId();
        if (containerId.length() > ID_LENGTH) {
            LOG.warn(
                    "the guest reports what is no container out of memory",
                    "id_length",
                    containerId.length());
            return;
        }
        Container container;
        try {
            container = tasks.container(containerId);
        } catch (RuntimeFailure e) {
            LOG.warn(
                    "the guest reports an unknown container out of memory",
                    "container",
                    containerId);
            return;
        }
        if (told.add(containerId)) {
            LOG.warn(
                    "a process of a container was killed: out of memory",
                    "container",
                    containerId,
                    "why",
                    event.exhausted().told());
            tasks.publish(new TaskEvent.Oom(containerId));
            container.ranOutOfMemory(event.exhausted().told());
        }
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause == null ? failure : cause;
    }
}
