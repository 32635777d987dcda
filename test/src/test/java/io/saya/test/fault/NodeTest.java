package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node whose containerd goes away and comes back, with shims alive, dead, or all forgotten. */
@WithProduct
@Timeout(300)
final class NodeTest extends FaultSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * The time for which containerd is away where nothing else decides it: a minute with {@code
     * --full}.
     */
    private static final Duration AWAY = FULL ? Duration.ofSeconds(60) : Duration.ofSeconds(4);

    @Test
    void sandboxesGoOnWithoutContainerdAndTheirOutputIsWhole() throws IOException {
        var victim = victim();
        var log = node.directory().resolve(victim.id() + ".log");
        var run =
                new ArrayList<>(
                        List.of(
                                node.run(
                                        victim.id(),
                                        "sh",
                                        "-c",
                                        "i=0; while :; do echo $i; i=$((i+1)); sleep 0.1; done")));
        run.addAll(1, List.of("--log-uri", "file://" + log));
        node.ctr(run.toArray(String[]::new)).succeeded();
        var vm = victim.processes("qemu-system");

        node.crash();
        int before = lines(log).size();
        long away = System.nanoTime();
        assertThat(
                        Wait.until(
                                LIMIT.plus(AWAY),
                                () ->
                                        System.nanoTime() - away > AWAY.toNanos()
                                                && lines(log).size() > before + 10))
                .as("output while containerd is away: %s", log)
                .isTrue();
        node.start();

        assertThat(node.state(victim.id())).isEqualTo("RUNNING");
        assertThat(victim.processes("qemu-system")).isEqualTo(vm);
        assertThat(node.ctr("tasks", "exec", "--exec-id", "e", victim.id(), "echo", "on").out())
                .isEqualTo("on\n");
        node.ctr("tasks", "kill", "--signal", "SIGKILL", victim.id()).succeeded();
        var expected = 0;
        for (var line : lines(log)) {
            assertThat(line).isEqualTo(Integer.toString(expected++));
        }
    }

    @Test
    void anExitWhileContainerdIsAwayIsReportedWhenItIsBack() throws IOException {
        var victim = victim();
        var shared = Files.createDirectory(node.directory().resolve(victim.id()));
        var run =
                new ArrayList<>(
                        List.of(
                                node.run(
                                        victim.id(),
                                        "sh",
                                        "-c",
                                        "until [ -e /shared/stop ]; do sleep 0.1; done; exit 7")));
        run.addAll(
                1, List.of("--mount", "type=bind,src=" + shared + ",dst=/shared,options=rbind:rw"));
        node.ctr(run.toArray(String[]::new)).succeeded();

        node.crash();
        Files.createFile(shared.resolve("stop"));
        assertThat(Wait.until(LIMIT, () -> victim.processes("qemu-system").isEmpty()))
                .as("the VM ends with its container")
                .isTrue();
        node.start();

        // The VM is gone before its end is told.
        assertThat(Wait.until(LIMIT, () -> node.state(victim.id()).equals("STOPPED")))
                .as(node.log())
                .isTrue();
        assertThat(node.ctr("tasks", "delete", victim.id()).err()).contains("exit code 7");
    }

    @Test
    void aShimThatDiedWhileContainerdWasAwayIsCleanedUp() {
        var victim = victim();
        victim.started();
        node.crash();
        victim.processes("saya-guard").forEach(Host::kill);
        node.start();

        assertThat(Wait.until(LIMIT, () -> node.state(victim.id()).isEmpty())).isTrue();
        node.ctr("containers", "delete", victim.id()).succeeded();
    }

    @Test
    void aRebootedNodeHasNothingAndDeleteStillSucceeds() {
        var victim = victim();
        victim.started();
        var bystander = victim();
        bystander.started();
        node.crash();
        // What a reboot leaves of a sandbox: no process, no mount, no cgroup, an empty /run; the
        // bundle stays only where containerd's state directory lies on a disk.
        victim.processes("saya-guard").forEach(Host::kill);
        unmountBelow(victim.runDirectory());
        unmountBelow(node.bundle(victim.id()));
        Ran.run(LIMIT, "rm", "-rf", "--one-file-system", victim.runDirectory().toString());
        assertThat(Wait.until(LIMIT, () -> cgroupsRemoved(victim.id()))).isTrue();
        node.start();

        assertThat(Wait.until(LIMIT, () -> node.state(victim.id()).isEmpty())).isTrue();
        assertThat(node.bundle(victim.id())).as(node.log()).doesNotExist();
        node.ctr("containers", "delete", victim.id()).succeeded();
        assertThat(node.state(bystander.id())).isEqualTo("RUNNING");
    }

    @Test
    void cleanupRemovesWhatNoLivingShimOwnsAndNothingElse() {
        var left = victim();
        left.started();
        var alive = victim();
        alive.started();
        var vm = alive.processes("qemu-system");
        node.crash();
        left.processes("saya-guard").forEach(Host::kill);
        assertThat(Wait.until(LIMIT, () -> left.processes("qemu-system").isEmpty())).isTrue();

        assertThat(saya("cleanup").succeeded().out())
                .contains(left.id())
                .doesNotContain(alive.id());
        assertThat(node.traces(left.id())).as("a dry run removes nothing").isNotEmpty();
        assertThat(saya("cleanup", "--yes").succeeded().out()).contains("Removed", left.id());
        assertThat(node.traces(left.id()))
                .as("what is left is containerd's own")
                .allMatch(trace -> trace.startsWith("bundle ") || trace.contains("/rootfs"));
        assertThat(alive.processes("qemu-system")).isEqualTo(vm);

        node.start();
        assertThat(Wait.until(LIMIT, () -> node.state(left.id()).isEmpty())).isTrue();
        assertThat(node.state(alive.id())).isEqualTo("RUNNING");
    }

    private Ran saya(String... words) {
        var command = new ArrayList<String>();
        command.add(System.getProperty("saya.product") + "/bin/saya");
        command.addAll(List.of(words));
        return Ran.run(
                LIMIT,
                Path.of("/dev/null"),
                Map.of("SAYA_RUN_DIR", node.runBase().toString()),
                command.toArray(String[]::new));
    }

    private static void unmountBelow(Path directory) {
        Ran.run(
                LIMIT,
                "sh",
                "-c",
                "awk -v d=\"$1/\" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | xargs -r umount -l",
                "unmount",
                directory.toString());
    }

    /** False while there are still processes in one. */
    private static boolean cgroupsRemoved(String id) {
        return Ran.run(
                                LIMIT,
                                "sh",
                                "-ec",
                                "find /sys/fs/cgroup -depth -type d -name \"$1\" -exec rmdir {} +",
                                "remove",
                                id)
                        .status()
                == 0;
    }

    private static List<String> lines(Path log) {
        try {
            var text = Files.readString(log);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
