package io.saya.shim.metrics;

import io.saya.event.TaskEvent;
import io.saya.guest.StopCause;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Ends of processes by cause, and how long those took that a client had asked for with SIGKILL.
 * Events come under the lock of the sandbox, so nothing here waits. Thread safe.
 */
final class EndCounts {
    /** Processes that may be between SIGKILL and their end; more are not timed. */
    private static final int KILLS = 1024;

    private record Ended(String containerId, String processId) {}

    private final String sandboxId;
    private final Supplier<Optional<StopCause>> stop;
    private final Map<Ended, Long> killedAt = new ConcurrentHashMap<>();
    private final Set<String> outOfMemory = ConcurrentHashMap.newKeySet();
    // Filled once.
    private final Map<ProcessKind, Map<EndCause, AtomicLong>> ends =
            new EnumMap<>(ProcessKind.class);
    private final Map<ProcessKind, DurationHistogram> killTimes = new EnumMap<>(ProcessKind.class);

    /**
     * @param sandboxId id of the container that owns the sandbox
     * @param stop why the sandbox stops, if it does; must not wait
     */
    EndCounts(String sandboxId, Supplier<Optional<StopCause>> stop) {
        this.sandboxId = sandboxId;
        this.stop = stop;
        for (ProcessKind kind : ProcessKind.values()) {
            Map<EndCause, AtomicLong> ofKind = new EnumMap<>(EndCause.class);
            for (EndCause cause : EndCause.values()) {
                ofKind.put(cause, new AtomicLong());
            }
            ends.put(kind, ofKind);
            killTimes.put(kind, new DurationHistogram());
        }
    }

    /** A client asks for SIGKILL. An empty exec id means the container's first process. */
    void killAsked(String containerId, String execId) {
        if (killedAt.size() < KILLS) {
            killedAt.putIfAbsent(process(containerId, execId), System.nanoTime());
        }
    }

    /** It was refused. */
    void killRefused(String containerId, String execId) {
        killedAt.remove(process(containerId, execId));
    }

    private static Ended process(String containerId, String execId) {
        return new Ended(containerId, execId.isEmpty() ? containerId : execId);
    }

    /** Something happened to a task. */
    void happened(TaskEvent event) {
        switch (event) {
            case TaskEvent.Exit exit -> ended(exit);
            case TaskEvent.Oom oom -> outOfMemory.add(oom.containerId());
            case TaskEvent.Delete delete -> outOfMemory.remove(delete.containerId());
            case TaskEvent.Create _,
                    TaskEvent.Start _,
                    TaskEvent.ExecAdded _,
                    TaskEvent.ExecStarted _,
                    TaskEvent.Paused _,
                    TaskEvent.Resumed _ -> {}
        }
    }

    private void ended(TaskEvent.Exit exit) {
        ProcessKind kind = kind(exit);
        EndCause cause =
                EndCause.of(
                        exit.exitStatus(), outOfMemory.contains(exit.containerId()), stop.get());
        count(kind, cause).incrementAndGet();
        Long asked = killedAt.remove(new Ended(exit.containerId(), exit.processId()));
        if (asked != null) {
            killTimes(kind).record(System.nanoTime() - asked);
        }
    }

    private ProcessKind kind(TaskEvent.Exit exit) {
        if (!exit.processId().equals(exit.containerId())) {
            return ProcessKind.EXEC;
        }
        return exit.containerId().equals(sandboxId) ? ProcessKind.SANDBOX : ProcessKind.CONTAINER;
    }

    /** The number of tasks of a kind that ended by a cause. */
    long ends(ProcessKind kind, EndCause cause) {
        return count(kind, cause).get();
    }

    private AtomicLong count(ProcessKind kind, EndCause cause) {
        return Objects.requireNonNull(Objects.requireNonNull(ends.get(kind)).get(cause));
    }

    /** The times from SIGKILL until the end was public. */
    DurationHistogram killTimes(ProcessKind kind) {
        return Objects.requireNonNull(killTimes.get(kind));
    }
}
