package io.saya.event;

import java.time.Instant;
import java.util.List;

/**
 * Something that happened to a task. Per process exactly one {@link Exit}; order is create, start,
 * exit, delete, and exec-added, exec-started, exit for an exec; an {@link Oom} before its exit; the
 * exits of all execs before that of their container.
 *
 * <p>Process ids are of the host and greater than 0.
 */
public sealed interface TaskEvent {

    /** The container (or container of the exec) concerned; never empty. */
    String containerId();

    /**
     * The container exists; its program does not run yet.
     *
     * @param checkpoint path of the checkpoint it was restored from; empty if none
     */
    record Create(
            String containerId,
            String bundle,
            List<RootfsMount> rootfs,
            TaskIo io,
            String checkpoint,
            int pid)
            implements TaskEvent {

        public Create {
            rootfs = List.copyOf(rootfs);
        }
    }

    record Start(String containerId, int pid) implements TaskEvent {}

    /**
     * A process has ended.
     *
     * @param processId the container's id for its first process, else the exec's id
     * @param exitStatus exit code, or 128 and the number of the signal
     */
    record Exit(String containerId, String processId, int pid, int exitStatus, Instant exitedAt)
            implements TaskEvent {}

    /**
     * A container has been removed.
     *
     * @param processId the container's id; there is no such event for an exec
     */
    record Delete(String containerId, String processId, int pid, int exitStatus, Instant exitedAt)
            implements TaskEvent {}

    record Oom(String containerId) implements TaskEvent {}

    record ExecAdded(String containerId, String execId) implements TaskEvent {}

    record ExecStarted(String containerId, String execId, int pid) implements TaskEvent {}

    record Paused(String containerId) implements TaskEvent {}

    record Resumed(String containerId) implements TaskEvent {}
}
