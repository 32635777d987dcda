package io.saya.shim.metrics;

import io.saya.event.TaskEvent;
import io.saya.guest.StopCause;
import io.saya.shim.service.TaskCallObserver;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.wire.MethodName;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Counts what happens while the sandbox works, whether anybody scrapes or not: some arrays of
 * numbers, made once the VM boots. Its methods return at once. Thread safe.
 */
public final class SandboxCounts implements TaskCallObserver, TtrpcObserver {
    private final CallCounts taskCalls = new CallCounts();
    private final CallCounts agentCalls = new CallCounts();
    private final EndCounts ends;
    private volatile int restarts;

    /**
     * @param sandboxId id of the container that owns the sandbox
     * @param stop why the sandbox stops, if it does; must not wait
     */
    public SandboxCounts(String sandboxId, Supplier<Optional<StopCause>> stop) {
        this.ends = new EndCounts(sandboxId, stop);
    }

    /** Something happened to a task. */
    public void happened(TaskEvent event) {
        ends.happened(event);
    }

    /** So many daemons of the sandbox have died before this one. */
    public void restarts(int count) {
        restarts = count;
    }

    /** How many daemons of the sandbox have died and were followed by another one. */
    public int restarts() {
        return restarts;
    }

    @Override
    public void ended(String method, long nanos, int code) {
        taskCalls.record(method, nanos, code);
    }

    @Override
    public void killAsked(String containerId, String execId) {
        ends.killAsked(containerId, execId);
    }

    @Override
    public void killRefused(String containerId, String execId) {
        ends.killRefused(containerId, execId);
    }

    /** A call to the agent has ended. */
    @Override
    public void callEnded(MethodName method, long nanos, int code) {
        agentCalls.record(method.method(), nanos, code);
    }

    CallCounts taskCalls() {
        return taskCalls;
    }

    CallCounts agentCalls() {
        return agentCalls;
    }

    EndCounts ends() {
        return ends;
    }
}
