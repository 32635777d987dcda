package io.saya.task;

import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.sandbox.TaskTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says what is known of the processes of a sandbox, from memory. Thread safe. */
final class TaskStates {

    private final TaskTable table;

    TaskStates(TaskTable table) {
        this.table = table;
    }

    /** Returns the status of every process: of each container, and behind it of its execs. */
    List<TaskStatus> all() {
        return table.locked(
                () -> {
                    List<TaskStatus> all = new ArrayList<>();
                    for (Container container : table.all()) {
                        all.add(of(container.id(), ""));
                        for (String execId : container.execs().keySet()) {
                            all.add(of(container.id(), execId));
                        }
                    }
                    return all;
                });
    }

    /** Returns the status of a process; NOT_FOUND if there is none of that name. */
    TaskStatus of(String containerId, String execId) {
        return table.locked(
                () -> {
                    Container container = table.container(containerId);
                    ContainerProcess process = table.process(containerId, execId);
                    Optional<ExitStatus> exit =
                            container.stateOf(process)
                                            instanceof ProcessState.Stopped(ExitStatus status)
                                    ? Optional.of(status)
                                    : Optional.empty();
                    return new TaskStatus(
                            containerId,
                            execId,
                            container.bundle(),
                            container.standIn().pid(),
                            phase(container, process),
                            process.io(),
                            exit);
                });
    }

    private static TaskStatus.Phase phase(Container container, ContainerProcess process) {
        return switch (container.stateOf(process)) {
            case ProcessState.Created(), ProcessState.Starting() -> TaskStatus.Phase.CREATED;
            case ProcessState.Running() ->
                    container.state() instanceof ContainerState.Paused
                            ? TaskStatus.Phase.PAUSED
                            : TaskStatus.Phase.RUNNING;
            case ProcessState.Stopped _ -> TaskStatus.Phase.STOPPED;
        };
    }
}
