package io.saya.proto.containerd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.EventsClient;
import io.saya.proto.containerd.events.ForwardRequest;
import io.saya.proto.containerd.events.TaskExit;
import io.saya.proto.containerd.task.PidsRequest;
import io.saya.proto.containerd.task.TaskClient;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against the implementation of ttrpc that everybody else uses. */
class EventForwardTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final CallOptions OPTIONS = CallOptions.timeout(PATIENCE);

    @TempDir Path directory;

    @Test
    void containerdPassesOnWhatWePublishAndRefusesWhatItDoesNotKnow() throws Exception {
        assumeTrue(PrivateContainerd.isPossible(), "needs root and containerd");
        try (PrivateContainerd containerd = PrivateContainerd.start(directory);
                Transport transport = Transport.open("test-io");
                TtrpcClient client =
                        TtrpcClient.connect(
                                transport,
                                Endpoint.unix(containerd.ttrpcSocket()),
                                ClientOptions.connectWithin(PATIENCE))) {
            assertThat(observedExit(containerd, new EventsClient(client)))
                    .contains("saya-test")
                    .contains("/tasks/exit")
                    .contains("\"container_id\":\"the-container\"")
                    .contains("\"exit_status\":137");

            assertCode(
                    StatusCode.UNIMPLEMENTED,
                    () -> new TaskClient(client).pids(PidsRequest.getDefaultInstance(), OPTIONS));
            assertThatThrownBy(() -> new EventsClient(client).forward(exit("no topic"), OPTIONS))
                    .isInstanceOf(TtrpcStatusException.class);
        }
    }

    /** A watcher does not say when it has begun to watch, so the event is sent until it is seen. */
    private static String observedExit(PrivateContainerd containerd, EventsClient events)
            throws Exception {
        Process watcher = containerd.ctr("events");
        try {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            Thread.startVirtualThread(() -> readLines(watcher, lines));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() - deadline < 0) {
                events.forward(exit("/tasks/exit"), OPTIONS);
                @Nullable String line = lines.poll(200, TimeUnit.MILLISECONDS);
                if (line != null) {
                    return line;
                }
            }
            throw new AssertionError("ctr saw no event within " + PATIENCE);
        } finally {
            watcher.destroy();
            watcher.waitFor();
        }
    }

    private static void readLines(Process watcher, BlockingQueue<String> lines) {
        try (BufferedReader reader = watcher.inputReader()) {
            reader.lines().forEach(lines::add);
        } catch (Exception e) {
            lines.add("cannot read from ctr: " + e);
        }
    }

    private static ForwardRequest exit(String topic) {
        Instant now = Instant.now();
        Timestamp time =
                Timestamp.newBuilder()
                        .setSeconds(now.getEpochSecond())
                        .setNanos(now.getNano())
                        .build();
        TaskExit exit =
                TaskExit.newBuilder()
                        .setContainerId("the-container")
                        .setId("the-container")
                        .setPid(1)
                        .setExitStatus(137)
                        .setExitedAt(time)
                        .build();
        return ForwardRequest.newBuilder()
                .setEnvelope(
                        Envelope.newBuilder()
                                .setTimestamp(time)
                                .setNamespace("saya-test")
                                .setTopic(topic)
                                .setEvent(
                                        Any.newBuilder()
                                                .setTypeUrl("containerd.events.TaskExit")
                                                .setValue(exit.toByteString())))
                .build();
    }

    private static void assertCode(StatusCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
