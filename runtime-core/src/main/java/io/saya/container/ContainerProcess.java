package io.saya.container;

import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Signal;
import io.saya.io.ProcessStdio;
import io.saya.lifecycle.Latch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A process of a container: its first one, or an exec. The state is guarded by the lock of the
 * sandbox's task table and reached by way of {@link Container}; the rest is immutable or safe by
 * itself.
 */
public final class ContainerProcess {

    private final String containerId;
    private final String execId;
    private final TaskIo io;
    private final ProcessStdio stdio;
    private final CompletableFuture<ExitStatus> exited = new CompletableFuture<>();
    private final Latch startSettled = new Latch();
    private final Latch killed = new Latch();
    private final Latch endTold = new Latch();
    private final AtomicLong signals = new AtomicLong();
    private ProcessState state = new ProcessState.Created();
    private @Nullable ExecDefinition definition;

    /**
     * The first process of a container.
     *
     * @param io the streams as the client named them
     * @param stdio the same, opened
     */
    public ContainerProcess(String containerId, TaskIo io, ProcessStdio stdio) {
        this.containerId = containerId;
        this.execId = "";
        this.io = io;
        this.stdio = stdio;
    }

    /** An exec that another daemon has started. */
    public ContainerProcess(String containerId, String execId, TaskIo io, ProcessStdio stdio) {
        this.containerId = containerId;
        this.execId = execId;
        this.io = io;
        this.stdio = stdio;
    }

    /** An exec. */
    public ContainerProcess(
            String containerId, String execId, TaskIo io, ExecDefinition definition) {
        this.containerId = containerId;
        this.execId = execId;
        this.io = io;
        this.stdio = definition.streams();
        this.definition = definition;
    }

    public String containerId() {
        return containerId;
    }

    /** Returns the id of an exec; empty for the first process of the container. */
    public String execId() {
        return execId;
    }

    /** Returns the name that the agent and events know: the exec's id, or the container's. */
    public String processId() {
        return execId.isEmpty() ? containerId : execId;
    }

    public boolean isInit() {
        return execId.isEmpty();
    }

    public TaskIo io() {
        return io;
    }

    public ProcessStdio stdio() {
        return stdio;
    }

    /**
     * Returns the process in words, for messages: {@code container c1} or {@code exec e1 of
     * container c1}.
     */
    public String describe() {
        return isInit()
                ? "container " + containerId
                : "exec " + execId + " of container " + containerId;
    }

    /** Completes with the exit once clients may see it, after its event was published. */
    public CompletableFuture<ExitStatus> exited() {
        return exited;
    }

    /** Opens when the start of an exec has succeeded or failed, or when it ends before. */
    public Latch startSettled() {
        return startSettled;
    }

    /** Opens when the guest has taken a SIGKILL for it. */
    public Latch killed() {
        return killed;
    }

    /** Opens when the guest has told its exit status, which may not be public yet. */
    public Latch endTold() {
        return endTold;
    }

    /**
     * Notes that a signal is about to be sent to the process.
     *
     * @param signal 1 to 64
     */
    public void signalled(int signal) {
        signals.accumulateAndGet(1L << (signal - 1), (all, one) -> all | one);
    }

    /**
     * True if a signal was sent to the process.
     *
     * @param signal 1 to 64
     */
    public boolean wasSignalled(int signal) {
        return (signals.get() & 1L << (signal - 1)) != 0;
    }

    /** The signals that were sent to it, a bit for each. */
    public long signals() {
        return signals.get();
    }

    /**
     * Makes it the process that another daemon knows, before others see it.
     *
     * @param signals as {@link #signals} told there
     */
    public void resume(ProcessState known, long signals) {
        state = known;
        startSettled.open();
        this.signals.set(signals);
        if (wasSignalled(Signal.SIGKILL)) {
            killed.open();
        }
        if (known instanceof ProcessState.Stopped(ExitStatus exit)) {
            endTold.open();
            exited.complete(exit);
        }
    }

    /**
     * Hands an exec's definition to its one start, and does not keep it. Guarded by the task
     * table's lock.
     */
    public ExecDefinition takeDefinition() {
        ExecDefinition taken = definition;
        if (taken == null) {
            throw new IllegalStateException(describe() + " has no definition (any more)");
        }
        definition = null;
        return taken;
    }

    /** Returns the state of an exec; that of a first process is part of its container's. */
    ProcessState state() {
        return state;
    }

    /** Changes the state of an exec by something that happens to it. */
    void apply(ProcessEvent event) throws RuntimeFailure {
        state = ProcessTransitions.next(describe(), state, event);
        switch (state) {
            case ProcessState.Created(), ProcessState.Starting() -> {}
            case ProcessState.Running(), ProcessState.Stopped _ -> startSettled.open();
        }
    }
}
