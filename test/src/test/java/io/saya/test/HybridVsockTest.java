package io.saya.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The agent reached through vhost-device-vsock, as on hosts whose kernel carries no vsock. The
 * daemon is that of the host, or the one that {@code test/run.sh --only vsock} builds.
 */
@WithProduct
final class HybridVsockTest extends Suite {

    private Path configuration = Path.of("");

    @BeforeAll
    void configure() throws IOException {
        var daemon = VsockDaemons.find();
        assumeTrue(daemon.isPresent(), VsockDaemons.ABSENT);
        configuration = containerd().directory().resolve("hybrid.toml");
        Files.writeString(
                configuration,
                """
                [agent.kata]
                transport = "hybrid-vsock"
                vhost_user_vsock_daemon = "%s"
                """
                        .formatted(daemon.get()));
    }

    private Ran runIn(String id, List<String> options, String... command) {
        var arguments = new ArrayList<String>(List.of("run"));
        arguments.addAll(options);
        arguments.addAll(List.of("--runtime", Containerd.runtime()));
        arguments.addAll(List.of("--runtime-config-path", configuration.toString()));
        arguments.addAll(List.of(Containerd.IMAGE, id));
        arguments.addAll(List.of(command));
        return ctr(arguments.toArray(String[]::new));
    }

    private String startedByVsock() {
        var id = newId();
        runIn(id, List.of("--detach"), "sleep", "1000").succeeded();
        return id;
    }

    @Test
    void aContainerLivesAndEndsAsByASerialPort() {
        var id = newId();
        var ran = runIn(id, List.of("--rm"), "sh", "-c", "seq 1 200000; echo err >&2; exit 7");
        assertThat(ran.status()).as("%s%s", ran.err(), containerd().log()).isEqualTo(7);
        assertThat(ran.out().lines()).hasSize(200_000).last().isEqualTo("200000");
        assertThat(ran.err()).contains("err\n");
    }

    @Test
    void theDaemonIsConfinedAndGoesWithTheVm() throws IOException {
        var id = startedByVsock();
        var daemons = Host.processes("vhost-device-vsock", id);
        assertThat(daemons).hasSize(1);
        var status = Files.readString(Path.of("/proc/" + daemons.getFirst() + "/status"));
        assertThat(status)
                .containsPattern("Uid:\\s+18[89]\\d{7}\\s")
                .containsPattern("CapEff:\\s+0{16}\n")
                .containsPattern("NoNewPrivs:\\s+1\n");
        assertThat(Files.readString(Path.of("/proc/" + daemons.getFirst() + "/mountinfo")).lines())
                .filteredOn(line -> line.split(" ", -1)[5].startsWith("rw"))
                .allMatch(line -> line.split(" ", -1)[4].endsWith("/vsock"));
        assertThat(cgroups(daemons.getFirst()))
                .isEqualTo(cgroups(Host.processes("qemu-system", id).getFirst()));

        var exec =
                ctr("tasks", "exec", "--exec-id", "e", id, "sh", "-c", "echo $((6 * 7)); exit 3");
        assertThat(exec.out()).isEqualTo("42\n");
        assertThat(exec.status()).isEqualTo(3);

        ctr("tasks", "kill", "--signal", "SIGKILL", id).succeeded();
        assertThat(Host.processes("vhost-device-vsock", id)).isEmpty();
        assertThat(Host.processes("qemu-system", id)).isEmpty();
    }

    private static String cgroups(long pid) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/cgroup"));
    }

    @Test
    void aDaemonThatDiesTakesTheSandboxAlongAndIsTheCause() {
        var id = startedByVsock();
        Host.processes("vhost-device-vsock", id).forEach(Host::kill);
        assertThat(Wait.until(Duration.ofSeconds(10), () -> state(id).equals("STOPPED")))
                .as("%s %s", state(id), containerd().log())
                .isTrue();
        assertThat(Host.processes("qemu-system", id)).isEmpty();
        assertThat(containerd().log()).contains("(vhost_user_vsock_daemon) ended with signal 9");
        ctr("tasks", "delete", id);
    }

    /** What is left of it would be found after the test. */
    @Test
    void aShimThatDiesTakesTheDaemonAlong() {
        var id = startedByVsock();
        Host.processes("/lib/runtime/bin/java", id).forEach(Host::kill);
        assertThat(
                        Wait.until(
                                Duration.ofSeconds(10),
                                () -> Host.processes("vhost-device-vsock", id).isEmpty()))
                .isTrue();
    }

    @Test
    void aDaemonThatCannotRunIsNamedWithWhatItSaid() throws IOException {
        var script = containerd().directory().resolve("vhost-device-vsock");
        Files.writeString(script, "#!/bin/sh\necho no such device of mine\nexit 3\n");
        assertThat(script.toFile().setExecutable(true, false)).isTrue();
        var whole = configuration;
        configuration = containerd().directory().resolve("broken.toml");
        Files.writeString(
                configuration,
                Files.readString(whole).replaceFirst("daemon = .*", "daemon = \"" + script + '"'));
        try {
            var ran = runIn(newId(), List.of("--rm"), "true");
            assertThat(ran.status()).isNotZero();
            assertThat(ran.err())
                    .contains(script + " (vhost_user_vsock_daemon) ended with exit code 3")
                    .contains("no such device of mine");
        } finally {
            configuration = whole;
        }
    }
}
