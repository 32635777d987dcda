package io.saya.shim.service;

import io.saya.proto.containerd.task.StateResponse;
import io.saya.proto.containerd.types.Status;
import io.saya.shim.wire.Timestamps;
import io.saya.task.TaskStatus;

/** Translates the domain's answers to the task service's messages. */
final class TaskAnswers {

    private TaskAnswers() {}

    /** Echoes bundle and streams, which clients attach by. */
    static StateResponse state(TaskStatus status) {
        StateResponse.Builder state =
                StateResponse.newBuilder()
                        .setId(status.containerId())
                        .setExecId(status.execId())
                        .setBundle(status.bundle().toString())
                        .setPid(status.pid())
                        .setStatus(status(status.phase()))
                        .setStdin(status.io().stdin())
                        .setStdout(status.io().stdout())
                        .setStderr(status.io().stderr())
                        .setTerminal(status.io().terminal());
        status.exit()
                .ifPresent(
                        exit ->
                                state.setExitStatus(exit.status())
                                        .setExitedAt(Timestamps.of(exit.at())));
        return state.build();
    }

    private static Status status(TaskStatus.Phase phase) {
        return switch (phase) {
            case CREATED -> Status.CREATED;
            case RUNNING -> Status.RUNNING;
            case PAUSED -> Status.PAUSED;
            case STOPPED -> Status.STOPPED;
        };
    }
}
