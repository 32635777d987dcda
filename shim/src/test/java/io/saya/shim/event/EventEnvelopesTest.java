package io.saya.shim.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Timestamp;
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
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventEnvelopesTest {
    private static final Instant AT = Instant.ofEpochSecond(1_700_000_000L, 5);
    private static final Timestamp WIRE_AT =
            Timestamp.newBuilder().setSeconds(1_700_000_000L).setNanos(5).build();

    /** By shim/containerd.md#events. */
    record Row(TaskEvent event, String topic, String type, MessageLite message) {}

    static Stream<Row> rows() {
        return Stream.of(
                new Row(
                        new TaskEvent.Create(
                                "c",
                                "/bundle",
                                List.of(
                                        new RootfsMount(
                                                "overlay", "src", "t", List.of("lowerdir=/a"))),
                                new TaskIo("in", "out", "err", true),
                                "cp",
                                7),
                        "/tasks/create",
                        "containerd.events.TaskCreate",
                        TaskCreate.newBuilder()
                                .setContainerId("c")
                                .setBundle("/bundle")
                                .addRootfs(
                                        Mount.newBuilder()
                                                .setType("overlay")
                                                .setSource("src")
                                                .setTarget("t")
                                                .addOptions("lowerdir=/a"))
                                .setIo(
                                        TaskIO.newBuilder()
                                                .setStdin("in")
                                                .setStdout("out")
                                                .setStderr("err")
                                                .setTerminal(true))
                                .setCheckpoint("cp")
                                .setPid(7)
                                .build()),
                new Row(
                        new TaskEvent.Start("c", 7),
                        "/tasks/start",
                        "containerd.events.TaskStart",
                        TaskStart.newBuilder().setContainerId("c").setPid(7).build()),
                new Row(
                        new TaskEvent.Exit("c", "x", 7, 137, AT),
                        "/tasks/exit",
                        "containerd.events.TaskExit",
                        TaskExit.newBuilder()
                                .setContainerId("c")
                                .setId("x")
                                .setPid(7)
                                .setExitStatus(137)
                                .setExitedAt(WIRE_AT)
                                .build()),
                new Row(
                        new TaskEvent.Delete("c", "c", 7, 1, AT),
                        "/tasks/delete",
                        "containerd.events.TaskDelete",
                        TaskDelete.newBuilder()
                                .setContainerId("c")
                                .setId("c")
                                .setPid(7)
                                .setExitStatus(1)
                                .setExitedAt(WIRE_AT)
                                .build()),
                new Row(
                        new TaskEvent.Oom("c"),
                        "/tasks/oom",
                        "containerd.events.TaskOOM",
                        TaskOOM.newBuilder().setContainerId("c").build()),
                new Row(
                        new TaskEvent.ExecAdded("c", "x"),
                        "/tasks/exec-added",
                        "containerd.events.TaskExecAdded",
                        TaskExecAdded.newBuilder().setContainerId("c").setExecId("x").build()),
                new Row(
                        new TaskEvent.ExecStarted("c", "x", 7),
                        "/tasks/exec-started",
                        "containerd.events.TaskExecStarted",
                        TaskExecStarted.newBuilder()
                                .setContainerId("c")
                                .setExecId("x")
                                .setPid(7)
                                .build()),
                new Row(
                        new TaskEvent.Paused("c"),
                        "/tasks/paused",
                        "containerd.events.TaskPaused",
                        TaskPaused.newBuilder().setContainerId("c").build()),
                new Row(
                        new TaskEvent.Resumed("c"),
                        "/tasks/resumed",
                        "containerd.events.TaskResumed",
                        TaskResumed.newBuilder().setContainerId("c").build()));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void anEventHasItsTopicAndItsMessageUnderABareName(Row row) {
        Envelope envelope = EventEnvelopes.of("k8s.io", row.event(), AT);

        assertThat(envelope.getNamespace()).isEqualTo("k8s.io");
        assertThat(envelope.getTimestamp()).isEqualTo(WIRE_AT);
        assertThat(envelope.getTopic()).isEqualTo(row.topic());
        assertThat(envelope.getEvent().getTypeUrl()).isEqualTo(row.type());
        assertThat(envelope.getEvent().getValue()).isEqualTo(row.message().toByteString());
    }
}
