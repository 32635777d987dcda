package io.saya.task;

import io.saya.container.ExitStatus;
import io.saya.event.TaskIo;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The answer to State.
 *
 * @param pid process on the host that stands for the task
 * @param exit present if and only if the phase is {@link Phase#STOPPED}
 */
public record TaskStatus(
        String containerId,
        String execId,
        Path bundle,
        int pid,
        Phase phase,
        TaskIo io,
        Optional<ExitStatus> exit) {

    /** containerd's states of a task. */
    public enum Phase {
        CREATED,
        RUNNING,
        PAUSED,
        STOPPED
    }
}
