package io.saya.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Execs in a container that runs, and every way in which its life ends. */
@WithProduct
final class LifeTest extends Suite {

    @Test
    void execsInARowAndAtOnce() throws Exception {
        var id = started();
        var rounds = "1".equals(System.getProperty("saya.full")) ? 100 : 30;
        for (int i = 0; i < rounds; i++) {
            var ran = exec(id, "row" + i, "echo " + i + "; exit " + i % 5);
            assertThat(ran.status()).as(ran.err()).isEqualTo(i % 5);
            assertThat(ran.out()).isEqualTo(i + "\n");
        }
        var all = new ArrayList<Future<Ran>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 10; i++) {
                var name = "once" + i;
                all.add(threads.submit(() -> exec(id, name, "echo " + name)));
            }
        }
        for (int i = 0; i < 10; i++) {
            assertThat(all.get(i).get().succeeded().out()).isEqualTo("once" + i + "\n");
        }
    }

    @Test
    void pausesResumesListsAndMeasures() {
        var id = started();
        ctr("tasks", "pause", id).succeeded();
        assertThat(state(id)).isEqualTo("PAUSED");
        ctr("tasks", "resume", id).succeeded();
        assertThat(state(id)).isEqualTo("RUNNING");
        assertThat(ctr("tasks", "ps", id).succeeded().out().lines().count()).isGreaterThan(1);
        assertThat(ctr("tasks", "metrics", id).succeeded().out()).contains("memory");
    }

    @Test
    void anExecAndAPausedContainerGoOnUnderANewDaemon() throws Exception {
        var id = started();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var going =
                    threads.submit(
                            () ->
                                    exec(
                                            id,
                                            "long",
                                            "seq 1 20000; echo > /begun; until [ -e /go ]; do sleep 0.1;"
                                                    + " done; seq 20001 40000; exit 6"));
            exec(id, "look", "until [ -e /begun ]; do sleep 0.1; done").succeeded();
            upgrade(id);
            exec(id, "go", "echo > /go").succeeded();
            var ran = going.get();
            assertThat(ran.status()).as(ran.err()).isEqualTo(6);
            assertThat(ran.out().lines().toList())
                    .isEqualTo(
                            IntStream.rangeClosed(1, 40_000).mapToObj(Integer::toString).toList());
        }
        ctr("tasks", "pause", id).succeeded();
        upgrade(id);
        assertThat(state(id)).isEqualTo("PAUSED");
        ctr("tasks", "resume", id).succeeded();
        exec(id, "after", "true").succeeded();
        assertThat(ctr("tasks", "metrics", id).succeeded().out()).contains("memory");
        ctr("tasks", "kill", "--signal", "SIGKILL", id).succeeded();
        assertThat(Host.processes("qemu-system", id)).isEmpty();
    }

    private static void upgrade(String id) {
        var before = Host.processes("/bin/java", id);
        var saya = System.getProperty("saya.product") + "/bin/saya";
        var _ = Ran.run(LIMIT, saya, "upgrade", id).succeeded();
        assertThat(Host.processes("/bin/java", id)).hasSize(1).isNotEqualTo(before);
    }

    @Test
    void aGracefulEndIsTheWorkloadsOwn() {
        var id = started();
        // As long as nothing handles the signal, the kernel drops it.
        exec(
                        id,
                        "ready",
                        "until grep -q 'SigCgt:.*[4567cdef][0-9a-f][0-9a-f][0-9a-f]$' /proc/1/status; do sleep 0.1; done")
                .succeeded();
        ctr("tasks", "kill", "--signal", "SIGTERM", id).succeeded();
        stopped(id);
        assertThat(ctr("tasks", "delete", id).succeeded().err()).isEmpty();
    }

    @Test
    void whenKillReturnsThereIsNoMachine() {
        var id = started();
        var socket = socket(id);
        assertThat(socket).exists();
        if (Containerd.runtime().contains("saya")) {
            // Else nobody would see it among what is left.
            assertThat(socket).isEqualTo(containerd().shimSocket(id));
        }
        ctr("tasks", "kill", "--signal", "SIGKILL", id).succeeded();
        assertThat(Host.processes("qemu-system", id)).isEmpty();
        assertThat(Host.processes("virtiofsd", id)).isEmpty();
        stopped(id);
        assertThat(ctr("tasks", "delete", id).succeeded().err()).contains("exit code 137");
        ctr("containers", "delete", id).succeeded();
        // The shim ends after it has answered Shutdown, so its socket goes a little later.
        assertThat(Wait.until(Duration.ofSeconds(10), () -> !Files.exists(socket)))
                .as("%s gone", socket)
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"qemu-system", "virtiofsd", "/lib/runtime/bin/java", "saya-guard"})
    void whateverDiesTheTaskStopsAndDeleteSucceeds(String program) throws IOException {
        assumeThat(Containerd.runtime()).contains("saya");
        var id = started(restarts(0));
        var pids = Host.processes(program, id);
        assertThat(pids).as("processes %s of %s: %s", program, id, Host.traces(id)).isNotEmpty();
        pids.forEach(Host::kill);
        stopped(id);
        ctr("tasks", "delete", id);
        assertThat(ctr("tasks", "list", "--quiet").out().lines()).doesNotContain(id);
        ctr("containers", "delete", id).succeeded();
    }

    /** SEGV: a fault of the JVM, which has much to say of it, on standard output as well. */
    @ParameterizedTest
    @ValueSource(strings = {"KILL", "SEGV"})
    void aDaemonThatDiesIsFollowedByAnotherOne(String signal) throws IOException {
        assumeThat(Containerd.runtime()).contains("saya");
        var id = started(); // as by default
        var daemon = Host.process("/lib/runtime/bin/java", id);
        var machine = Host.process("qemu-system", id);
        Host.signal(daemon, signal);
        assertThat(Wait.until(Duration.ofSeconds(10), () -> ProcessHandle.of(daemon).isEmpty()))
                .isTrue();
        assertThat(exec(id, "after", "echo here").succeeded().out()).isEqualTo("here\n");
        assertThat(Host.process("/lib/runtime/bin/java", id)).isNotEqualTo(daemon);
        assertThat(Host.process("qemu-system", id)).isEqualTo(machine);
        assertThat(state(id)).isEqualTo("RUNNING");
        ctr("tasks", "kill", "--signal", "SIGKILL", id).succeeded();
        assertThat(Host.processes("qemu-system", id)).isEmpty();
        stopped(id);
        assertThat(ctr("tasks", "delete", id).succeeded().err()).contains("exit code 137");
    }

    /** Options of a container of which so many daemons may be followed by another one. */
    private String[] restarts(int allowed) throws IOException {
        var configuration = containerd().directory().resolve("restarts-" + allowed + ".toml");
        Files.writeString(configuration, "[runtime]\ndaemon_restarts = " + allowed + "\n");
        return new String[] {"--runtime-config-path", configuration.toString()};
    }

    private Ran exec(String id, String name, String script) {
        return ctr("tasks", "exec", "--exec-id", name, id, "sh", "-c", script);
    }

    private void stopped(String id) {
        var limit = Duration.ofSeconds(20);
        // A task whose shim is gone is one that containerd has forgotten.
        assertThat(Wait.until(limit, () -> state(id).equals("STOPPED") || state(id).isEmpty()))
                .as(
                        "%s stopped within %s; is %s; log: %s",
                        id, limit, state(id), containerd().log())
                .isTrue();
    }
}
