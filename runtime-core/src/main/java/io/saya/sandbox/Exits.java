package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDetails;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.OutOfMemoryFile;
import io.saya.container.ProcessState;
import io.saya.container.TerminationMessage;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.guest.TaskGuest;
import io.saya.lifecycle.Latch;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes the ends of processes public. One thread for each process waits for its exit status from
 * the agent; then:
 *
 * <ul>
 *   <li>an exec's exit is published;
 *   <li>a container's exit is published after those of its execs;
 *   <li>the exit of the sandbox container is held back: it stops the sandbox, and the stop
 *       publishes it when the VM is gone;
 *   <li>a process whose exit nobody saw, because its VM or agent went first, gets the status of the
 *       cause.
 * </ul>
 */
public final class Exits {

    private static final Log LOG = Log.of("exits");

    /** How long the exit of a container is held for the exits of its execs, which die with it. */
    private static final Duration EXEC_EXIT_LIMIT = Duration.ofSeconds(2);

    /**
     * How long the exit of a killed process is held for the agent to tell that it ran out of
     * memory.
     */
    private static final Duration OUT_OF_MEMORY_LIMIT = Duration.ofSeconds(1);

    /**
     * How long an exit is held for the answer to the start that is under way; an agent that is deaf
     * ends with its sandbox.
     */
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** How long the output of a killed process may take where its end loses what is left of it. */
    private static final Duration KILLED_OUTPUT_LIMIT = Duration.ofSeconds(1);

    /**
     * How long an exit is held for the last output to be where its client reads it. Clients close
     * their ends when they see the exit (ctr of containerd 1.6): what comes later, nobody gets. A
     * child that goes on may hold the pipe, and a client may not read, so it has an end: of what
     * Delete waits for afterwards it is the smaller part.
     */
    private static final Duration LAST_OUTPUT_LIMIT = Duration.ofSeconds(2);

    private final TaskTable tasks;
    private final Supplier<TaskGuest> guest;
    private final Consumer<StopCause> stop;
    private final CompletableFuture<ExitStatus> heldBack = new CompletableFuture<>();

    /**
     * @param guest the guest; asked once it is up
     * @param stop asks for the sandbox's stop; must not block
     */
    Exits(TaskTable tasks, Supplier<TaskGuest> guest, Consumer<StopCause> stop) {
        this.tasks = tasks;
        this.guest = guest;
        this.stop = stop;
    }

    /**
     * Begins to wait for the end of a process that exists in the guest. If the agent is lost, the
     * stop of the sandbox makes that end public.
     */
    public void watch(Container container, ContainerProcess process) {
        TaskGuest up = guest.get();
        Agent agent;
        try {
            agent = up.requireAgent();
        } catch (RuntimeFailure e) {
            LOG.debug("the agent is gone", "process", process.describe(), "error", e);
            return;
        }
        GuestDetails details = up.details();
        Thread.ofVirtual()
                .name("exit of " + process.describe())
                .start(() -> awaitSurely(agent, details, container, process));
    }

    /**
     * Completes when the end of the container's first process is known, be it public or held back.
     */
    public CompletableFuture<ExitStatus> known(Container container) {
        return container.kind().ownsSandbox() ? heldBack : container.init().exited();
    }

    /**
     * Makes all ends public that are not yet public, the sandbox container's last. To be called
     * when the VM is gone.
     */
    void publishAll(StopCause cause) {
        if (cause instanceof StopCause.OutOfMemory) {
            surely("sandbox", this::tellOutOfMemory);
        }
        List<Container> last = new ArrayList<>();
        for (Container container : tasks.all()) {
            if (!cause.guestAnswers()) {
                surely(container.id(), () -> leaveMessage(container, cause.describe()));
            }
            if (container.kind().ownsSandbox()) {
                last.add(container);
            } else {
                surely(container.id(), () -> publish(container, cause));
            }
        }
        for (Container container : last) {
            surely(container.id(), () -> publish(container, cause));
        }
    }

    /** What fails for one container must not keep the ends of others from being told. */
    private static void surely(String container, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            LOG.error("an end was told with a fault", "container", container, "error", e);
        }
    }

    /**
     * Publishes, before the exits, that the containers that ran are out of memory, since the memory
     * of their VM was: an orchestrator says OOMKilled for that. The pod's pause container used no
     * memory.
     */
    private void tellOutOfMemory() {
        for (Container container : tasks.all()) {
            boolean ran =
                    container.kind() != ContainerKind.POD_SANDBOX
                            && tasks.locked(() -> tellOutOfMemory(container));
            if (ran) {
                OutOfMemoryFile.leave(container.bundle());
            }
        }
    }

    private boolean tellOutOfMemory(Container container) {
        boolean ran = container.stateOf(container.init()) instanceof ProcessState.Running;
        if (ran) {
            tasks.publish(new TaskEvent.Oom(container.id()));
        }
        return ran;
    }

    private String outOfMemory(Container container) {
        List<String> clipped = guest.get().machine().clipped();
        return "out of memory: "
                + container.whyOutOfMemory()
                + (clipped.isEmpty() ? "" : "; " + String.join("; ", clipped));
    }

    /** Before the exit is public: whoever sees it reads the message. */
    private void leaveMessage(Container container, String message) {
        if (container.kind() != ContainerKind.POD_SANDBOX
                && !tasks.locked(
                        () ->
                                container.stateOf(container.init())
                                        instanceof ProcessState.Stopped)) {
            TerminationMessage.leave(container.bundle(), message);
        }
    }

    private void publish(Container container, StopCause cause) {
        ExitStatus fallback = ExitStatus.now(cause.fallbackStatus());
        tasks.finish(
                container,
                container.kind().ownsSandbox() ? heldBack.getNow(fallback) : fallback,
                fallback);
        for (ContainerProcess never : tasks.locked(() -> List.copyOf(container.execs().values()))) {
            tasks.finish(container, never, fallback);
        }
    }

    /** Whatever fails: nobody else would ever tell this end. */
    private void awaitSurely(
            Agent agent, GuestDetails details, Container container, ContainerProcess process) {
        try {
            await(agent, details, container, process);
        } catch (RuntimeException | Error e) {
            if (e instanceof RuntimeFailure failure
                    && failure.kind() == RuntimeFailure.Kind.UNAVAILABLE) {
                LOG.debug("the agent is gone", "process", process.describe(), "error", e);
                return; // the stop of the sandbox tells
            }
            LOG.error(
                    "an exit is told without its status",
                    "process",
                    process.describe(),
                    "error",
                    e);
            process.endTold().open();
            tell(container, process, ExitStatus.now(ExitStatus.UNKNOWN));
        }
    }

    private void await(
            Agent agent, GuestDetails details, Container container, ContainerProcess process) {
        if (details.has(AgentTrait.STREAMS_END_WITH_WAIT)) {
            // Such an agent forgets the streams with the process: they are read to their ends
            // first. They are attached when the process is started; the end of one that never was
            // is its container's removal.
            awaitOutput(process);
        }
        int status;
        switch (Waited.on(agent.waitProcess(process.containerId(), process.processId()))) {
            case Waited.Done(Integer told) -> status = told;
            case Waited.Failed(RuntimeFailure failure)
                    when failure.kind() == RuntimeFailure.Kind.UNAVAILABLE -> {
                // The connection is gone: no answer of the guest is of this kind. The thread that
                // ended it, or noticed its loss, stops the sandbox, and that publishes.
                return;
            }
            case Waited.Failed(Throwable cause) -> {
                LOG.warn(
                        "the agent does not tell an exit",
                        "process",
                        process.describe(),
                        "error",
                        cause);
                status = ExitStatus.UNKNOWN;
            }
            case Waited.TimedOut(), Waited.Interrupted() -> {
                return;
            }
        }
        process.endTold().open();
        if (process.isInit()) {
            awaitStart(container);
        }
        Instant ended = Instant.now(); // what follows may take a while
        if (!process.isInit() || !container.kind().ownsSandbox()) {
            // The stop of a sandbox waits for its output by itself, before the VM goes.
            var _ = Waited.on(process.stdio().outputWritten(), LAST_OUTPUT_LIMIT);
        }
        boolean plain = details.has(AgentTrait.SIGNAL_IS_PLAIN_STATUS);
        if (status == ExitStatus.KILLED || (plain && PlainStatus.mayBeKill(status))) {
            awaitOutOfMemoryEvent(agent);
            if (details.has(AgentTrait.MAY_MISS_OUT_OF_MEMORY)) {
                UntoldOutOfMemory.tell(agent, tasks, container, process);
            }
        }
        if (plain) {
            status = PlainStatus.withSignal(status, container, process);
        }
        ExitStatus exit = ExitStatus.of(status, ended);
        if (process.isInit() && !container.whyOutOfMemory().isEmpty()) {
            OutOfMemoryFile.leave(container.bundle());
            if (status == ExitStatus.KILLED) {
                leaveMessage(container, outOfMemory(container));
            }
        }
        tell(container, process, exit);
    }

    private void tell(Container container, ContainerProcess process, ExitStatus exit) {
        if (!process.isInit()) {
            tasks.finish(container, process, exit);
        } else if (container.kind().ownsSandbox()) {
            heldBack.complete(exit);
            stop.accept(new StopCause.ContainerExited(exit));
        } else {
            awaitExecs(container);
            tasks.finish(container, exit, ExitStatus.now(ExitStatus.KILLED));
        }
    }

    /**
     * Waits until the output of the process was read; without a limit while the process may live,
     * since its output is open as long. Once the process was killed, a second must do: another
     * process may hold its pipe, or a reader may not read, and clients must see the end all the
     * same.
     */
    private static void awaitOutput(ContainerProcess process) {
        CompletableFuture<Void> patience =
                process.killed()
                        .opened()
                        .toCompletableFuture()
                        .thenCompose(
                                _ ->
                                        new CompletableFuture<Void>()
                                                .completeOnTimeout(
                                                        null,
                                                        KILLED_OUTPUT_LIMIT.toMillis(),
                                                        TimeUnit.MILLISECONDS));
        CompletableFuture.anyOf(process.stdio().outputRead(), patience).join();
    }

    /**
     * Waits for the event that says that a killed process ran out of memory, which must come before
     * the exit. The agent sends it first; after one more round trip it has arrived.
     */
    private static void awaitOutOfMemoryEvent(Agent agent) {
        try {
            agent.check(OUT_OF_MEMORY_LIMIT);
        } catch (RuntimeFailure e) {
            LOG.debug("the agent is gone after a killed process", "error", e);
        }
    }

    /**
     * Waits until the start of the container's program that is under way was answered, so that its
     * start is told of before its end.
     */
    private void awaitStart(Container container) {
        if (tasks.locked(container::state) instanceof ContainerState.Starting(Latch settled)
                && !settled.await(START_LIMIT).isDone()) {
            LOG.debug(
                    "the end of a container is told of before the answer to its start",
                    "container",
                    container.id());
        }
    }

    /**
     * Waits a moment for the ends of the container's execs. An exec that is being started ends, or
     * its start fails.
     */
    private void awaitExecs(Container container) {
        List<CompletableFuture<?>> ends = new ArrayList<>();
        for (ContainerProcess exec : tasks.locked(container::liveExecs)) {
            ends.add(exec.exited());
        }
        within(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)), EXEC_EXIT_LIMIT);
    }

    private static void within(CompletableFuture<?> future, Duration limit) {
        if (!Waited.on(future, limit).isDone()) {
            LOG.debug("not waited for any longer", "limit_ms", limit.toMillis());
        }
    }
}
