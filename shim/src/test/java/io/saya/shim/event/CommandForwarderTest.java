package io.saya.shim.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.event.TaskEvent;
import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.TaskOOM;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CommandForwarderTest {
    private static final Envelope EVENT =
            EventEnvelopes.of("k8s.io", new TaskEvent.Oom("c"), Instant.EPOCH);

    @TempDir Path directory;

    @Test
    void theCommandGetsTopicNamespaceAndTheEventOnItsStdin() throws Exception {
        String program = program("echo \"$@\" > " + path("words") + "\ncat > " + path("event"));

        new CommandForwarder(program, "/run/containerd.sock").forward(EVENT);

        assertThat(directory.resolve("words"))
                .content()
                .isEqualTo(
                        "--address /run/containerd.sock publish --topic /tasks/oom"
                                + " --namespace k8s.io\n");
        Any event = Any.parseFrom(Files.readAllBytes(directory.resolve("event")));
        assertThat(TaskOOM.parseFrom(event.getValue()).getContainerId()).isEqualTo("c");
    }

    @Test
    void aCommandThatFailsIsAContainerdThatIsAway() throws Exception {
        String program = program("echo 'no such socket' >&2\nexit 3");

        assertThatThrownBy(() -> new CommandForwarder(program, "/x").forward(EVENT))
                .isInstanceOf(ForwardFailure.class)
                .hasMessageContaining("exit code 3: no such socket");
    }

    @Test
    void aCommandThatFailsBeforeItHasReadIsToldByItsExitCode() throws Exception {
        String program = program("exec <&-\necho 'no such socket' >&2\nexit 3");
        Envelope more = // than a pipe holds, so that it cannot have been written
                EVENT.toBuilder()
                        .setEvent(Any.newBuilder().setValue(ByteString.copyFrom(new byte[200_000])))
                        .build();

        assertThatThrownBy(() -> new CommandForwarder(program, "/x").forward(more))
                .isInstanceOf(ForwardFailure.class)
                .hasMessageContaining("exit code 3: no such socket");
    }

    @Test
    void aCommandThatDoesNotExistIsAContainerdThatIsAway() {
        assertThatThrownBy(() -> new CommandForwarder("/nonexistent/ctr", "/x").forward(EVENT))
                .isInstanceOf(ForwardFailure.class)
                .hasMessageContaining("/nonexistent/ctr publish");
    }

    private String program(String script) throws IOException {
        Path file = directory.resolve("containerd");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file.toString();
    }

    private Path path(String name) {
        return directory.resolve(name);
    }
}
