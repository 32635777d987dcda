package io.saya.host.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.HeldEnd;
import io.saya.host.HostFailure;
import io.saya.host.HostProcess;
import io.saya.host.MountFlag;
import io.saya.host.ProcessExit;
import io.saya.host.SpawnSpec;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class GuardHostTest {
    @TempDir Path directory;

    private static SpawnSpec shell(String script) {
        return shell(script, List.of());
    }

    private static SpawnSpec shell(String script, List<SpawnSpec.InheritedSocket> sockets) {
        return new SpawnSpec(
                List.of("/bin/sh", "-c", script),
                Map.of("PATH", "/usr/bin:/bin"),
                sockets,
                Optional.empty(),
                Path.of("/"));
    }

    private static ProcessExit exitOf(HostProcess process)
            throws InterruptedException, ExecutionException, TimeoutException {
        return process.exited().get(20, TimeUnit.SECONDS);
    }

    private static boolean mounted(Path path) throws IOException {
        return Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + path + " ");
    }

    /** Waits for what another process does. */
    private static void until(Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 20 s");
            }
            Thread.sleep(10);
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    @Test
    void startPrintsTheAddressWhenTheDaemonIsReady() throws Exception {
        try (RealGuard guard = new RealGuard(directory, new byte[] {10, 1, 'x'})) {
            GuardStart start = guard.host().start();
            guard.host().ready();
            assertThat(guard.startOutput()).isEqualTo(start.address()).startsWith("unix:///run/");
            assertThat(guard.startExitCode()).isZero();
            assertThat(start.listener()).isEqualTo(3);
            assertThat(start.sandboxId()).startsWith("guard-test-");
            assertThat(start.bootstrap().remaining()).isEqualTo(3);
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(Path.of(start.runDirectory()))))
                    .isEqualTo("rwx------");
            assertThat(guard.bundle().resolve("address")).hasContent(start.address());
        }
    }

    @Test
    void startFailsWithTheDaemonsReasonWhenAllIsUndone() throws Exception {
        Path target = Files.createDirectories(directory.resolve("target"));
        RealGuard guard = new RealGuard(directory);
        guard.host().mount("tmpfs", target, "tmpfs", Set.of(), "");
        guard.host().failed("memory: -1 (expected: more)");
        guard.close();
        assertThat(guard.startOutput()).contains("memory: -1 (expected: more)");
        assertThat(guard.startExitCode()).isEqualTo(1);
        assertThat(mounted(target)).isFalse();
        assertThat(Path.of(guard.host().start().runDirectory())).doesNotExist();
    }

    @Test
    void anEndThatTheDaemonDoesNotHaveIsNotHeld() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            // The daemon of this guard is another process than this one.
            assertThatThrownBy(() -> guard.host().hold(1, 2, HeldEnd.Side.WRITE))
                    .isInstanceOf(HostFailure.class)
                    .hasMessageContaining("hold an end of a FIFO: No such file or directory");
            guard.host().release(new HeldEnd(7, 0, 1, 2));
        }
    }

    @Test
    void mountsAndUnmounts() throws Exception {
        Path source = Files.createDirectories(directory.resolve("source"));
        Path target = Files.createDirectories(directory.resolve("target with blanks"));
        Files.writeString(source.resolve("file"), "there");
        try (RealGuard guard = new RealGuard(directory)) {
            GuardHost host = guard.host();
            host.mount(source.toString(), target, "", Set.of(MountFlag.BIND, MountFlag.REC), "");
            assertThat(target.resolve("file")).hasContent("there");
            host.mount(
                    "",
                    target,
                    "",
                    Set.of(MountFlag.REMOUNT, MountFlag.BIND, MountFlag.RDONLY),
                    "");
            assertThatThrownBy(() -> Files.writeString(target.resolve("new"), ""))
                    .isInstanceOf(IOException.class);
            host.unmount(target, Set.of(UnmountFlag.DETACH));
            assertThat(target.resolve("file")).doesNotExist();
            host.unmount(target, Set.of()); // not a mount point any more
            host.unmount(directory.resolve("nothing"), Set.of());
        }
    }

    @Test
    void whatTheKernelRefusesIsNamed() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            assertThatThrownBy(
                            () ->
                                    guard.host()
                                            .mount(
                                                    "/dev/none",
                                                    directory.resolve("nothing"),
                                                    "ext4",
                                                    Set.of(MountFlag.RDONLY),
                                                    "acl"))
                    .isInstanceOfSatisfying(
                            HostFailure.class,
                            e -> assertThat(e.errno()).isEqualTo(HostFailure.ENOENT))
                    .hasMessageContaining("mount of /dev/none (type ext4, [RDONLY], acl)")
                    .hasMessageContaining(directory + "/nothing: No such file or directory");
        }
    }

    @Test
    void noSymbolicLinkIsFollowedInTheRunDirectory() throws Exception {
        Path outside = Files.createDirectories(directory.resolve("outside"));
        try (RealGuard guard = new RealGuard(directory)) {
            Path run = Path.of(guard.host().start().runDirectory());
            Path link = Files.createSymbolicLink(run.resolve("link"), outside);
            assertThatThrownBy(() -> guard.host().mount("tmpfs", link, "tmpfs", Set.of(), ""))
                    .isInstanceOf(HostFailure.class);
            Files.createDirectories(outside.resolve("deep"));
            assertThatThrownBy(
                            () ->
                                    guard.host()
                                            .mount(
                                                    "tmpfs",
                                                    link.resolve("deep"),
                                                    "tmpfs",
                                                    Set.of(),
                                                    ""))
                    .isInstanceOf(HostFailure.class);
            assertThat(mounted(outside)).isFalse();
            Path inside = Files.createDirectories(run.resolve("a/b"));
            guard.host().mount("tmpfs", inside, "tmpfs", Set.of(), "");
            assertThat(mounted(inside)).isTrue();
            guard.host().unmount(inside, Set.of());
            assertThat(mounted(inside)).isFalse();
        }
    }

    @Test
    void aProcessTellsItsExitAndItsLastWords() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess process = guard.host().spawn(shell("echo out; echo err >&2; exit 7"));
            assertThat(exitOf(process)).isEqualTo(new ProcessExit.Code(7));
            assertThat(process.outputTail()).isEqualTo("out\nerr\n");
            process.signal(9); // does nothing, and does not fail
        }
    }

    @Test
    void onlyTheLast16KiBOfOutputAreKept() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess process =
                    guard.host()
                            .spawn(
                                    shell(
                                            "i=0; while [ $i -lt 20000 ]; do echo line $i;"
                                                    + " i=$((i+1)); done; read never <&1; sleep 60"));
            until(() -> process.outputTail().contains("line 19999\n"));
            assertThat(process.outputTail()).hasSize(16384);
            process.signal(9);
            assertThat(exitOf(process)).isEqualTo(new ProcessExit.Signal(9));
            assertThat(process.outputTail()).hasSize(16384).endsWith("line 19999\n");
        }
    }

    @Test
    void aProcessInheritsItsListeningSocketAndNothingElse() throws Exception {
        Path socket = directory.resolve("s.sock");
        Path stale = directory.resolve("s.sock");
        try (RealGuard guard = new RealGuard(directory)) {
            SpawnSpec spec =
                    shell(
                            "test -S /proc/self/fd/%fd:qmp% && ls /proc/self/fd | wc -l;"
                                    + " cat /proc/self/stat | cut -d' ' -f6,1; cat",
                            List.of(new SpawnSpec.InheritedSocket("qmp", socket)));
            guard.host().spawn(spec).exited().get(20, TimeUnit.SECONDS);
            assertThat(stale).exists(); // of a process that is gone: the next one replaces it
            HostProcess process = guard.host().spawn(shell("sleep 60", spec.sockets()));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                assertThat(client.isConnected()).isTrue();
            }
            process.signal(15);
            assertThat(exitOf(process)).isEqualTo(new ProcessExit.Signal(15));
        }
    }

    @Test
    void aProgramThatIsNotThereFailsTheSpawn() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            assertThatThrownBy(
                            () ->
                                    guard.host()
                                            .spawn(
                                                    new SpawnSpec(
                                                            List.of("/no/such/program"),
                                                            Map.of(),
                                                            List.of(),
                                                            Optional.empty(),
                                                            Path.of("/"))))
                    .isInstanceOf(HostFailure.class)
                    .hasMessage(
                            "start of /no/such/program: execute /no/such/program: No such file or"
                                    + " directory");
        }
    }

    @Test
    void theEndOfTheDaemonTakesProcessesOrphansAndMountsWithIt() throws Exception {
        Path target = Files.createDirectories(directory.resolve("target"));
        RealGuard guard = new RealGuard(directory);
        GuardHost host = guard.host();
        host.ready();
        String address = guard.startOutput();
        host.mount("tmpfs", target, "tmpfs", Set.of(), "");
        host.mount("tmpfs", target, "tmpfs", Set.of(), "");
        HostProcess process = host.spawn(shell("(setsid sleep 300 & echo $!); sleep 300"));
        until(() -> process.outputTail().endsWith("\n"));
        long orphan = Long.parseLong(process.outputTail().strip());
        assertThat(ProcessHandle.of(orphan)).isPresent();
        guard.close();
        until(() -> !Files.exists(Path.of(host.start().runDirectory())));
        assertThat(ProcessHandle.of(orphan)).isEmpty();
        assertThat(ProcessHandle.of(process.pid())).isEmpty();
        assertThat(mounted(target)).isFalse();
        assertThat(Path.of(address.substring("unix://".length()))).doesNotExist();
        assertThat(exitOf(process)).isIn(new ProcessExit.GuardLost(), new ProcessExit.Signal(9));
        assertThatThrownBy(() -> host.spawn(shell("true")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("start of /bin/sh");
    }
}
