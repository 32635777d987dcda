package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.proto.containerd.task.UpdateTaskRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is published, how often and in which order, also to a containerd that was away. */
@WithProduct
final class EventsTest extends ShimSuite {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final Duration AWAY =
            Duration.ofSeconds("1".equals(System.getProperty("saya.full")) ? 60 : 5);

    @Test
    void runningOutOfMemoryComesBeforeTheExit() throws Exception {
        var before = events().events().size();
        try (var shim = start("saya", Map.of(), "tail", "/dev/zero")) {
            shim.create("", "", "");
            shim.tasks()
                    .update(
                            UpdateTaskRequest.newBuilder()
                                    .setId(shim.id())
                                    .setResources(
                                            Any.newBuilder()
                                                    .setTypeUrl(
                                                            "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources")
                                                    .setValue(
                                                            ByteString.copyFromUtf8(
                                                                    "{\"memory\": {\"limit\": 33554432}}")))
                                    .build(),
                            Shim.within());
            shim.start("");
            assertThat(shim.await("")).isEqualTo(137);
        }
        assertThat(awaitQuiet(before))
                .containsExactly(
                        "/tasks/create",
                        "/tasks/start",
                        "/tasks/oom",
                        "/tasks/exit 137",
                        "/tasks/delete 137");
    }

    @ParameterizedTest
    @ValueSource(ints = {SIGKILL, SIGTERM})
    void containersOfAPodExitBeforeItsSandbox(int signal) throws Exception {
        var before = events().events().size();
        var sandboxId = newId();
        var ids = new ArrayList<String>();
        try (var sandbox =
                        start(
                                "saya",
                                sandboxId,
                                annotations("sandbox", sandboxId),
                                "sh",
                                "-c",
                                "trap 'exit 0' TERM; echo > /ready; while :; do sleep 0.1; done");
                var first = container(sandboxId);
                var second = container(sandboxId)) {
            for (var shim : List.of(sandbox, first, second)) {
                ids.add(shim.id());
                shim.create("", "", "");
                shim.start("");
            }
            first.exec("e", "sleep", "1000");
            first.start("e");
            awaitReady();
            assertThat(Host.processes("qemu-system", sandboxId)).hasSize(1);
            assertThat(Host.processes("virtiofsd", sandboxId)).isNotEmpty();
            sandbox.kill("", signal);
            // Kill means stopped: what it has stopped is stopped for every call from now on.
            assertThat(Host.processes("qemu-system", sandboxId)).isEmpty();
            assertThat(Host.processes("virtiofsd", sandboxId)).isEmpty();
            for (var shim : List.of(sandbox, first, second)) {
                assertThat(shim.state("").getStatus().name()).isEqualTo("STOPPED");
                boolean leftByItself = shim == sandbox && signal == SIGTERM;
                assertThat(shim.await("")).isEqualTo(leftByItself ? 0 : 137);
                shim.delete("");
            }
        }
        awaitQuiet(before);
        // The containers in any order, but each after its execs; the sandbox last; each once.
        var exits =
                events().exits().stream()
                        .filter(exit -> ids.stream().anyMatch(id -> exit.startsWith(id + "/")))
                        .toList();
        var exec = ids.get(1) + "/e";
        assertThat(exits)
                .containsExactlyInAnyOrder(
                        exec, ids.get(0) + "/", ids.get(1) + "/", ids.get(2) + "/")
                .containsSubsequence(exec, ids.get(1) + "/")
                .endsWith(ids.get(0) + "/");
        assertThat(events().machinesAtExit(sandboxId)).isEmpty();
    }

    @Test
    void aContainerdThatIsAwayMissesNothingAndBlocksNobody() throws Exception {
        var before = events().events().size();
        try (var shim = start("saya", Map.of(), "sleep", "100000")) {
            shim.create("", "", "");
            shim.start("");
            assertThat(Wait.until(Shim.LIMIT, () -> events().events().size() == before + 2))
                    .isTrue();
            events().close();
            // The last of them when it has been away for all that time.
            var away = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                LockSupport.parkNanos(away + i * AWAY.toNanos() / 9 - System.nanoTime());
                var exec = "e" + i;
                shim.exec(exec, "sh", "-c", "exit " + i);
                shim.start(exec);
                assertThat(shim.await(exec)).isEqualTo(i);
                shim.delete(exec);
            }
            assertThat(shim.state("").getStatus().name()).isEqualTo("RUNNING");
            events().open();
            shim.kill("", SIGKILL);
            assertThat(shim.await("")).isEqualTo(137);
        }
        var expected = new ArrayList<String>(List.of("/tasks/create", "/tasks/start"));
        for (int i = 0; i < 10; i++) {
            expected.add("/tasks/exec-added e" + i);
            expected.add("/tasks/exec-started e" + i);
            expected.add("/tasks/exit e" + i + " " + i);
        }
        expected.addAll(List.of("/tasks/exit 137", "/tasks/delete 137"));
        assertThat(awaitQuiet(before)).containsExactlyElementsOf(expected);
    }

    private Shim container(String sandbox)
            throws IOException, TtrpcException, InterruptedException {
        return start("saya", newId(), annotations("container", sandbox), "sleep", "1000");
    }
}
