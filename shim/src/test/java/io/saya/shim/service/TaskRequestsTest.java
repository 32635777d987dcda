package io.saya.shim.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.event.RootfsMount;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.types.Mount;
import io.saya.task.CreateRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskRequestsTest {

    @Test
    void aCreateRequestKeepsBundleRootfsAndStreams() {
        CreateRequest create =
                TaskRequests.create(
                        CreateTaskRequest.newBuilder()
                                .setId("c1")
                                .setBundle("/b")
                                .addRootfs(
                                        Mount.newBuilder()
                                                .setType("bind")
                                                .setSource("/src")
                                                .addOptions("ro"))
                                .setStdin("i")
                                .setStdout("o")
                                .setStderr("e")
                                .setTerminal(true)
                                .build());

        assertThat(create)
                .isEqualTo(
                        new CreateRequest(
                                "c1",
                                Path.of("/b"),
                                List.of(new RootfsMount("bind", "/src", "", List.of("ro"))),
                                new TaskIo("i", "o", "e", true)));
    }

    @Test
    void aCheckpointIsNotOffered() {
        assertThatThrownBy(
                        () ->
                                TaskRequests.create(
                                        CreateTaskRequest.newBuilder()
                                                .setId("c1")
                                                .setBundle("/b")
                                                .setCheckpoint("/cp")
                                                .build()))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(RuntimeFailure.Kind.UNIMPLEMENTED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A-b_c.d", "0123456789"})
    void idsAreContainerds(String id) {
        assertThat(TaskRequests.id("id", id)).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a..b", "-a", "a-", "a/b", "a b", "a\n", "ü"})
    void anIdThatCouldLeadSomewhereElseIsRefused(String id) {
        assertThatThrownBy(() -> TaskRequests.id("exec id", id))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("exec id: '" + id + "'");
    }

    @Test
    void anIdIsBounded() {
        assertThat(TaskRequests.id("id", "x".repeat(76))).hasSize(76);
        assertThatThrownBy(() -> TaskRequests.id("id", "x".repeat(77)))
                .isInstanceOf(RuntimeFailure.class);
    }

    @Test
    void aBrokenJsonIsAnInvalidArgumentThatNamesItsType() {
        Any any =
                Any.newBuilder()
                        .setTypeUrl("types.containerd.io/opencontainers/runtime-spec/1/Process")
                        .setValue(ByteString.copyFromUtf8("{"))
                        .build();

        assertThatThrownBy(() -> TaskRequests.json("exec spec", any))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(RuntimeFailure.Kind.INVALID_ARGUMENT))
                .hasMessageStartingWith("exec spec (types.containerd.io/");
    }
}
