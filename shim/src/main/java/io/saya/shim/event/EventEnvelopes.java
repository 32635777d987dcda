package io.saya.shim.event;

import com.google.protobuf.MessageLite;
import io.saya.event.RootfsMount;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.TaskCreate;
import io.saya.proto.containerd.events.TaskDelete;
import io.saya.proto.containerd.events.TaskExecAdded;
import io.saya.proto.containerd.events.TaskExecStarted;
import io.saya.proto.containerd.events.TaskExit;
import io.saya.proto.containerd.events.TaskIO;
import io.saya.proto.containerd.events.TaskOOM;
import io.saya.proto.containerd.events.TaskPaused;
import io.saya.proto.containerd.events.TaskResumed;
import io.saya.proto.containerd.events.TaskStart;
import io.saya.proto.containerd.types.Mount;
import io.saya.shim.wire.AnyMessages;
import io.saya.shim.wire.Timestamps;
import java.time.Instant;

/** Events in containerd's words: topic, message, envelope. */
final class EventEnvelopes {

    private EventEnvelopes() {}

    /**
     * @param namespace containerd's namespace; subscribers see only their own
     * @param at when it happened; containerd refuses an envelope without a time
     */
    static Envelope of(String namespace, TaskEvent event, Instant at) {
        Envelope.Builder envelope =
                Envelope.newBuilder().setNamespace(namespace).setTimestamp(Timestamps.of(at));
        switch (event) {
            case TaskEvent.Create create -> fill(envelope, "create", "TaskCreate", message(create));
            case TaskEvent.Start(String container, int pid) ->
                    fill(
                            envelope,
                            "start",
                            "TaskStart",
                            TaskStart.newBuilder().setContainerId(container).setPid(pid).build());
            case TaskEvent.Exit exit -> fill(envelope, "exit", "TaskExit", message(exit));
            case TaskEvent.Delete delete -> fill(envelope, "delete", "TaskDelete", message(delete));
            case TaskEvent.Oom(String container) ->
                    fill(
                            envelope,
                            "oom",
                            "TaskOOM",
                            TaskOOM.newBuilder().setContainerId(container).build());
            case TaskEvent.ExecAdded(String container, String exec) ->
                    fill(
                            envelope,
                            "exec-added",
                            "TaskExecAdded",
                            TaskExecAdded.newBuilder()
                                    .setContainerId(container)
                                    .setExecId(exec)
                                    .build());
            case TaskEvent.ExecStarted(String container, String exec, int pid) ->
                    fill(
                            envelope,
                            "exec-started",
                            "TaskExecStarted",
                            TaskExecStarted.newBuilder()
                                    .setContainerId(container)
                                    .setExecId(exec)
                                    .setPid(pid)
                                    .build());
            case TaskEvent.Paused(String container) ->
                    fill(
                            envelope,
                            "paused",
                            "TaskPaused",
                            TaskPaused.newBuilder().setContainerId(container).build());
            case TaskEvent.Resumed(String container) ->
                    fill(
                            envelope,
                            "resumed",
                            "TaskResumed",
                            TaskResumed.newBuilder().setContainerId(container).build());
        }
        return envelope.build();
    }

    private static void fill(
            Envelope.Builder envelope, String topic, String type, MessageLite message) {
        envelope.setTopic("/tasks/" + topic)
                .setEvent(AnyMessages.pack("containerd.events." + type, message));
    }

    private static TaskCreate message(TaskEvent.Create create) {
        TaskIo io = create.io();
        TaskCreate.Builder message =
                TaskCreate.newBuilder()
                        .setContainerId(create.containerId())
                        .setBundle(create.bundle())
                        .setCheckpoint(create.checkpoint())
                        .setPid(create.pid())
                        .setIo(
                                TaskIO.newBuilder()
                                        .setStdin(io.stdin())
                                        .setStdout(io.stdout())
                                        .setStderr(io.stderr())
                                        .setTerminal(io.terminal()));
        for (RootfsMount mount : create.rootfs()) {
            message.addRootfs(
                    Mount.newBuilder()
                            .setType(mount.type())
                            .setSource(mount.source())
                            .setTarget(mount.target())
                            .addAllOptions(mount.options()));
        }
        return message.build();
    }

    private static TaskExit message(TaskEvent.Exit exit) {
        return TaskExit.newBuilder()
                .setContainerId(exit.containerId())
                .setId(exit.processId())
                .setPid(exit.pid())
                .setExitStatus(exit.exitStatus())
                .setExitedAt(Timestamps.of(exit.exitedAt()))
                .build();
    }

    private static TaskDelete message(TaskEvent.Delete delete) {
        return TaskDelete.newBuilder()
                .setContainerId(delete.containerId())
                .setId(delete.processId())
                .setPid(delete.pid())
                .setExitStatus(delete.exitStatus())
                .setExitedAt(Timestamps.of(delete.exitedAt()))
                .build();
    }
}
