package io.saya.host.guard;

import static io.saya.host.Signal.SIGTERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.StandInSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The process that stands for a container, as the real guard makes it. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class StandInTest {
    private static final Path OWN_NETWORK = Path.of("/proc/self/ns/net");

    @TempDir Path directory;

    @Test
    void itsRootIsEmptyAndCannotBeWritten() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            Path root = proc(standIn(guard, OWN_NETWORK)).resolve("root");
            try (var files = Files.list(root)) {
                assertThat(files).isEmpty();
            }
            assertThatThrownBy(() -> Files.writeString(root.resolve("written"), "on the host"))
                    .hasMessageContaining("Read-only file system");
        }
    }

    @Test
    void itSeesNothingOfTheHostAndMayDoNothing() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            Path process = proc(standIn(guard, OWN_NETWORK));
            assertThat(Files.readString(process.resolve("mountinfo")).lines()).hasSize(1);
            // It closes the pipe of its report after it has reported: the answer may be here
            // before.
            while (!descriptors(process).equals(List.of("0"))) {
                Thread.onSpinWait();
            }
            assertThat(Files.readString(process.resolve("status")))
                    .contains("NoNewPrivs:\t1")
                    .contains("CapEff:\t0000000000000000")
                    .contains("CapBnd:\t0000000000000000");
            for (String own : List.of("mnt", "pid", "ipc", "uts")) {
                assertThat(namespace(process, own))
                        .as(own)
                        .isNotEqualTo(namespace(Path.of("/proc/self"), own));
            }
        }
    }

    @Test
    void itIsInThePodsNetworkAndCgroup() throws Exception {
        Path cgroup = Path.of("/sys/fs/cgroup/pids/saya-stand-in-" + ProcessHandle.current().pid());
        boolean cgroups = Files.isDirectory(Path.of("/sys/fs/cgroup/pids"));
        Process pod = new ProcessBuilder("unshare", "-n", "sleep", "60").start();
        try (RealGuard guard = new RealGuard(directory)) {
            Path network = Path.of("/proc/" + pod.pid() + "/ns/net");
            Path host = Files.readSymbolicLink(OWN_NETWORK);
            while (Files.readSymbolicLink(network).equals(host)) {
                Thread.onSpinWait();
            }
            if (cgroups) {
                Files.createDirectory(cgroup);
            }
            HostProcess process =
                    guard.host()
                            .standIn(
                                    new StandInSpec(
                                            "saya-task -id c1",
                                            network,
                                            List.of(cgroup, Path.of("/not/there"))));
            assertThat(namespace(proc(process), "net"))
                    .isEqualTo(Files.readSymbolicLink(network).toString());
            assertThat(Files.readString(proc(process).resolve("cmdline")))
                    .startsWith("saya-task -id c1\0");
            if (cgroups) {
                assertThat(Files.readString(cgroup.resolve("cgroup.procs")).strip())
                        .isEqualTo(Long.toString(process.pid()));
            }
            end(process);
        } finally {
            pod.destroyForcibly().waitFor();
            Files.deleteIfExists(cgroup);
        }
    }

    @Test
    void nothingButSigkillEndsItAndTheGuardTells() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess process = standIn(guard, OWN_NETWORK);
            process.signal(SIGTERM);
            process.signal(2);
            assertThat(process.exited()).isNotDone();
            assertThat(end(process)).isEqualTo(new ProcessExit.Signal(Signal.SIGKILL));
            assertThat(Files.exists(proc(process))).isFalse();
        }
    }

    @Test
    void itEndsWithTheGuard() throws Exception {
        RealGuard guard = new RealGuard(directory);
        HostProcess process = standIn(guard, OWN_NETWORK);
        String journal =
                Files.readString(
                        Path.of(guard.host().start().runDirectory()).resolve("guard.journal"));
        assertThat(journal).contains("process " + process.pid() + " ").contains(" saya-task\n");
        guard.close();
        assertThat(Files.exists(proc(process))).isFalse();
    }

    @Test
    void whatCannotBeMadeIsNamed() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            assertThatThrownBy(() -> standIn(guard, Path.of("/not/there")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("network namespace /not/there");
        }
    }

    private static HostProcess standIn(RealGuard guard, Path network) throws IOException {
        return guard.host().standIn(new StandInSpec("saya-task -id c1", network, List.of()));
    }

    private static ProcessExit end(HostProcess process) throws Exception {
        process.signal(Signal.SIGKILL);
        return process.exited().get(20, TimeUnit.SECONDS);
    }

    private static Path proc(HostProcess process) {
        return Path.of("/proc/" + process.pid());
    }

    private static List<String> descriptors(Path process) throws IOException {
        try (var files = Files.list(process.resolve("fd"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static String namespace(Path process, String type) throws IOException {
        return Files.readSymbolicLink(process.resolve("ns/" + type)).toString();
    }
}
