package io.saya.container;

import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Latch;
import io.saya.lifecycle.UndoStack;
import io.saya.oci.ContainerKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A container: its first process, its execs, and what it holds on the host. Mutable parts are
 * guarded by the lock of the sandbox's task table.
 */
public final class Container {

    private final String id;
    private final Path bundle;
    private final ContainerKind kind;
    private final ContainerProcess init;
    private final ContainerFigures figures;
    private final Map<String, ContainerProcess> execs = new LinkedHashMap<>();
    private final StandIn standIn = new StandIn();
    private volatile Runnable whenStarted = () -> {};
    private final UndoStack resources = new UndoStack();
    private final Latch outOfMemory = new Latch();
    private volatile String whyOutOfMemory = "";
    private boolean freezing;
    private ContainerState state = new ContainerState.Creating(new Latch());

    public Container(
            String id,
            Path bundle,
            ContainerKind kind,
            ContainerProcess init,
            ContainerFigures figures) {
        this.id = id;
        this.bundle = bundle;
        this.kind = kind;
        this.init = init;
        this.figures = figures;
    }

    public String id() {
        return id;
    }

    public Path bundle() {
        return bundle;
    }

    public ContainerKind kind() {
        return kind;
    }

    public ContainerProcess init() {
        return init;
    }

    /** Returns the process on the host that stands for it. */
    public StandIn standIn() {
        return standIn;
    }

    /** Has this done when its program has begun to run; blocks the Start of the container. */
    public void whenStarted(Runnable action) {
        whenStarted = action;
    }

    /** Its program has begun to run. */
    public void started() {
        whenStarted.run();
    }

    /** Returns the figures of what the container uses. */
    public ContainerFigures figures() {
        return figures;
    }

    /** Execs by id, in the order they were added. Guarded by the task table's lock. */
    public Map<String, ContainerProcess> execs() {
        return execs;
    }

    /** Returns the execs that run or are being started. Guarded by the task table's lock. */
    public List<ContainerProcess> liveExecs() {
        List<ContainerProcess> live = new ArrayList<>();
        for (ContainerProcess exec : execs.values()) {
            switch (exec.state()) {
                case ProcessState.Starting(), ProcessState.Running() -> live.add(exec);
                case ProcessState.Created(), ProcessState.Stopped _ -> {}
            }
        }
        return live;
    }

    /**
     * Returns the steps that give back what the container holds on the host. Its creation uses
     * them, then its deletion.
     */
    public UndoStack resources() {
        return resources;
    }

    /** Opens when the guest has told that it ran out of memory. */
    public Latch outOfMemory() {
        return outOfMemory;
    }

    /**
     * The guest has told that it ran out of memory.
     *
     * @param why whose memory it was, in words
     */
    public void ranOutOfMemory(String why) {
        whyOutOfMemory = why;
        outOfMemory.open();
    }

    /** Whose memory it was when it ran out of memory last; empty if it never did. */
    public String whyOutOfMemory() {
        return whyOutOfMemory;
    }

    /** Returns the state of the container. Guarded by the task table's lock. */
    public ContainerState state() {
        return state;
    }

    /** Makes it the container that another daemon knows, before others see it. */
    public void resume(ContainerState known) {
        state = known;
    }

    /**
     * Changes the state by something that happens to the container, and wakes those who wait for
     * the end of the state that it was in. Guarded by the task table's lock.
     *
     * @throws RuntimeFailure where {@link ContainerVerb} refuses a client's request
     */
    public void apply(ContainerEvent event) {
        ContainerState before = state;
        state = ContainerTransitions.next(id, before, event);
        if (before instanceof ContainerState.Starting(Latch settled)
                && !(state instanceof ContainerState.Starting)) {
            settled.open();
        }
        if (before.making().isPresent() && state.making().isEmpty()) {
            before.making().get().open();
        }
    }

    /**
     * Changes the state by something that happens to a process of the container. Guarded by the
     * task table's lock.
     *
     * @throws RuntimeFailure if a client asked for what the state does not allow
     */
    public void apply(ContainerProcess process, ProcessEvent event) {
        if (process.isInit()) {
            apply(new ContainerEvent.OfFirst(event));
        } else {
            process.apply(event);
        }
    }

    /**
     * Returns the state of a process of the container; that of the first process is part of the
     * container's. Guarded by the task table's lock.
     */
    public ProcessState stateOf(ContainerProcess process) {
        return process.isInit() ? state.process() : process.state();
    }

    /**
     * Refuses what a client may not do with the container now. Guarded by the task table's lock.
     *
     * @throws RuntimeFailure with the refusal
     */
    public void check(ContainerVerb verb) {
        verb.check(id, state);
    }

    /**
     * A client's pause or resume is about to be asked of the guest; until {@link #endFreezing} no
     * other one is, for nobody could tell which of them the guest has carried out last. Guarded by
     * the task table's lock.
     *
     * @throws RuntimeFailure with the refusal
     */
    public void beginFreezing(ContainerVerb verb) {
        check(verb);
        if (freezing) {
            throw RuntimeFailure.failedPrecondition(
                    "cannot pause or resume container "
                            + id
                            + ": it is being paused or resumed (expected: one at a time)");
        }
        freezing = true;
    }

    /** The guest has answered, or will not. Guarded by the task table's lock. */
    public void endFreezing() {
        freezing = false;
    }
}
