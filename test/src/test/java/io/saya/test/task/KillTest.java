package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kill means stopped, and only where it has to: what has ended when Kill returns or an exit is
 * seen, and what goes on.
 */
@WithProduct
final class KillTest extends ShimSuite {
    private static final int SIGKILL = 9;
    private static final int SIGUSR1 = 10;
    private static final int SIGTERM = 15;

    /** Longer than a pause container may take to leave after SIGTERM, 1 s. */
    private static final long PAUSE_HAS_LEFT_NS = 1_500_000_000;

    @ParameterizedTest
    @ValueSource(ints = {0, SIGTERM})
    void whoeverSeesTheExitOfAContainerStartedAloneFindsNoMachine(int signal) throws Exception {
        var own = "echo > /ready; until [ -e /go ]; do sleep 0.1; done; rm /go; exit 4";
        var told = "trap 'exit 4' TERM; echo > /ready; while :; do sleep 0.1; done";
        var before = events().events().size();
        try (var shim = start("saya", Map.of(), "sh", "-c", signal == 0 ? own : told)) {
            assertThat(shim.socket())
                    .as("where traces are looked for")
                    .isEqualTo(Shim.socket(directory(), shim.id()));
            shim.create("", "", "");
            shim.start("");
            awaitReady();
            assertThat(Host.processes("qemu-system", shim.id())).hasSize(1);
            assertThat(Host.processes("virtiofsd", shim.id())).isNotEmpty();
            if (signal == 0) {
                Files.createFile(directory().resolve("rootfs/go"));
            } else {
                shim.kill("", signal);
            }
            assertThat(shim.await("")).isEqualTo(4);
            noMachine(shim);
            shim.delete("");
            awaitQuiet(before);
            assertThat(events().machinesAtExit(shim.id())).isEmpty();
        }
    }

    @Test
    void aContainerStartedAloneMayIgnoreSigtermAndIsKilledThen() throws Exception {
        var program = "trap 'echo > /got' TERM; echo > /ready; while :; do sleep 0.1; done";
        try (var shim = start("saya", Map.of(), "sh", "-c", program)) {
            shim.create("", "", "");
            shim.start("");
            awaitReady();
            var machine = Host.processes("qemu-system", shim.id());
            shim.kill("", SIGTERM);
            awaitSignal("got");
            LockSupport.parkNanos(PAUSE_HAS_LEFT_NS);
            assertThat(shim.state("").getStatus().name()).isEqualTo("RUNNING");
            assertThat(Host.processes("qemu-system", shim.id())).hasSize(1).isEqualTo(machine);
            shim.kill("", SIGKILL);
            noMachine(shim);
            assertThat(shim.await("")).isEqualTo(137);
        }
    }

    @Test
    void anyOtherSignalIsDeliveredAndNothingStopped() throws Exception {
        var id = newId();
        var before = events().events().size();
        try (var sandbox = start("saya", id, annotations("sandbox", id), counting("sandbox"));
                var member =
                        start("saya", newId(), annotations("container", id), counting("member"))) {
            for (var shim : List.of(sandbox, member)) {
                shim.create("", "", "");
                shim.start("");
                awaitReady();
            }
            var machine = Host.processes("qemu-system", id);
            assertThat(machine).hasSize(1);
            sandbox.kill("", SIGUSR1);
            awaitSignal("sandbox");
            member.kill("", SIGUSR1);
            awaitSignal("member");
            // To a pod's container SIGTERM is no more than that.
            member.kill("", SIGTERM);
            assertThat(member.await("")).isEqualTo(6);
            assertThat(sandbox.state("").getStatus().name()).isEqualTo("RUNNING");
            assertThat(Host.processes("qemu-system", id)).isEqualTo(machine);
            assertThat(events().exits()).doesNotContain(id + "/");
        }
        awaitQuiet(before);
    }

    @Test
    void aSignalForAllReachesExecsToo() throws Exception {
        try (var shim = start("saya", Map.of(), noting("first", "ready"))) {
            shim.create("", "", "");
            shim.start("");
            awaitReady();
            shim.exec("e", noting("exec", "exec-ready"));
            shim.start("e");
            awaitSignal("exec-ready");
            shim.killAll(SIGTERM);
            awaitSignal("first");
            awaitSignal("exec");
            assertThat(shim.state("").getStatus().name()).isEqualTo("RUNNING");
            assertThat(shim.state("e").getStatus().name()).isEqualTo("RUNNING");
        }
    }

    /**
     * Notes SIGTERM in such a file, and goes on. Files of different names: the guest remembers one
     * that the host has removed for a second.
     */
    private static String[] noting(String name, String ready) {
        return new String[] {
            "sh",
            "-c",
            "trap 'echo > /%s' TERM; echo > /%s; while :; do sleep 0.1; done".formatted(name, ready)
        };
    }

    /** Notes SIGUSR1 in a file of the root that all containers of these tests share. */
    private static String[] counting(String name) {
        return new String[] {
            "sh",
            "-c",
            "trap 'echo > /%s' USR1; trap 'exit 6' TERM; echo > /ready; while :; do sleep 0.1; done"
                    .formatted(name)
        };
    }

    private void awaitSignal(String file) throws Exception {
        var noted = directory().resolve("rootfs").resolve(file);
        assertThat(Wait.until(Shim.LIMIT, () -> Files.exists(noted))).as(file).isTrue();
        Files.delete(noted);
    }

    private static void noMachine(Shim shim) {
        assertThat(Host.processes("qemu-system", shim.id())).isEmpty();
        assertThat(Host.processes("virtiofsd", shim.id())).isEmpty();
        assertThat(Host.processes("saya-task", shim.id())).isEmpty();
    }
}
