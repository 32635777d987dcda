package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.container.ExitStatus;
import io.saya.host.Signal;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sandbox that lives by itself, without a sandbox container. */
@Timeout(60)
class BareSandboxTest {

    @TempDir Path directory;

    @Test
    void itLivesWhileItsContainersComeAndGo() throws IOException {
        SandboxFixture fixture = new SandboxFixture(directory);
        BareSandbox bare = boot(fixture);
        Tasks tasks = tasks(fixture, bare);
        int pid = bare.start();
        assertThat(pid).isPositive().isEqualTo(bare.pid()).isEqualTo(bare.start());
        assertThat(bare.startedAt()).isPresent();
        assertThat(tasks.idle()).as("before its first container").isFalse();
        create(fixture, tasks, "app1");
        tasks.kill("app1", "", Signal.SIGKILL, false);
        assertThat(tasks.exit("app1", "").join().status()).isEqualTo(ExitStatus.KILLED);
        tasks.delete("app1", "");
        assertThat(tasks.idle()).as("after its last container").isFalse();
        assertThat(bare.live()).isTrue();
        bare.stop();
        assertThat(bare.exited()).isCompletedWithValueMatching(exit -> exit.status() == 137);
        assertThat(tasks.idle()).isTrue();
        assertThat(fixture.runDirectory()).doesNotExist();
        bare.close();
    }

    @Test
    void whoSeesItsEndFindsNothingOfIt() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        BareSandbox bare = boot(fixture);
        create(fixture, tasks(fixture, bare), "app1");
        bare.start();
        boolean[] gone = new boolean[1];
        var seen =
                bare.exited()
                        .thenRun(
                                () ->
                                        gone[0] =
                                                fixture.vm.exited().isDone()
                                                        && fixture.host.processes.stream()
                                                                .allMatch(
                                                                        process ->
                                                                                process.exited()
                                                                                        .isDone()));
        bare.stop();
        seen.get(20, TimeUnit.SECONDS);
        assertThat(gone[0]).isTrue();
        bare.close();
    }

    @Test
    void whoKillsTheProcessThatStandsForItStopsIt() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        BareSandbox bare = boot(fixture);
        int pid = bare.start();
        fixture.host.processes.stream()
                .filter(process -> process.pid() == pid)
                .findFirst()
                .orElseThrow()
                .signal(Signal.SIGKILL);
        assertThat(bare.exited().get(20, TimeUnit.SECONDS).status()).isEqualTo(ExitStatus.KILLED);
        assertThat(fixture.vm.exited()).isDone();
        bare.close();
    }

    @Test
    void aContainerGetsOfItsPodWhatItLacks() {
        PodFiles files = new PodFiles(Path.of("/pod"), Map.of("net.core.somaxconn", "7"));
        OciSpec spec =
                files.in(
                        OciSpec.parse(
                                """
                                {"mounts":[{"destination":"/etc/hosts","type":"bind","source":"/given","options":["rbind"]},
                                           {"destination":"/dev/shm","type":"tmpfs","source":"shm"}],
                                 "root":{"path":"rootfs","readonly":true}, "linux":{"sysctl":{"kernel.msgmax":"1"}}}
                                """
                                        .getBytes(StandardCharsets.UTF_8)),
                        "pod0");
        assertThat(spec.mounts())
                .extracting(
                        mount -> mount.destination() + " " + mount.source() + " " + mount.bind())
                .containsExactly(
                        "/etc/hosts /given true",
                        "/etc/hostname /pod/hostname true",
                        "/etc/resolv.conf /pod/resolv.conf true",
                        "/dev/shm /dev/shm true");
        assertThat(spec.mounts().get(1).options()).contains("ro");
        assertThat(spec.json().object("linux").orElseThrow().object("sysctl").orElseThrow() + "")
                .isEqualTo("{\"net.core.somaxconn\":\"7\",\"kernel.msgmax\":\"1\"}");
        assertThat(spec.kind().ownsSandbox()).as("a container of the pod").isFalse();
        assertThat(spec.sandboxId()).contains("pod0");
    }

    private BareSandbox boot(SandboxFixture fixture) throws IOException {
        fixture.sandbox.boot(fixture.bundle(SandboxFixture.SANDBOX, "sandbox", "sleep"));
        for (String name : PodFiles.NAMES) {
            Files.writeString(directory.resolve(name), "");
        }
        return new BareSandbox(fixture.sandbox, new PodFiles(directory, Map.of()));
    }

    private static Tasks tasks(SandboxFixture fixture, BareSandbox bare) {
        return new Tasks(fixture.sandbox, (_, _) -> new NoStdio(), Optional.of(bare));
    }

    private static void create(SandboxFixture fixture, Tasks tasks, String id) {
        tasks.create(fixture.request(id), fixture.bundle(id, "container", "sleep"));
        tasks.start(id, "");
    }
}
