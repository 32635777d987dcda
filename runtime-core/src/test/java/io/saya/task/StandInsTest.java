package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.container.ExitStatus;
import io.saya.event.TaskEvent;
import io.saya.host.Signal;
import io.saya.oci.OciSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told of the processes that stand for containers, and what becomes of these. */
@Timeout(60)
class StandInsTest {

    @TempDir Path directory;

    @Test
    void eachContainerHasAPidOfItsOwnThatIsNotTheVms() throws Exception {
        SandboxFixture fixture = running();
        int sandbox = fixture.tasks.state(SandboxFixture.SANDBOX, "").pid();
        int app = fixture.tasks.state("app1", "").pid();
        assertThat(List.of(sandbox, app)).doesNotHaveDuplicates().doesNotContain(FakeVm.PID, 0);
        assertThat(fixture.tasks.connect("app1")).isEqualTo(app);
        assertThat(fixture.tasks.pids("app1")).containsExactly(app);
        assertThat(fixture.events).contains(new TaskEvent.Start("app1", app));
        assertThat(Files.readString(directory.resolve("app1/init.pid"))).isEqualTo("" + app);
        assertThat(standIn(fixture, "app1").argv())
                .containsExactly("saya-task -namespace test -id app1 : sleep");
        fixture.sandbox.stop();
    }

    @Test
    void itIsReapedBeforeTheExitOfItsContainerIsSeen() throws Exception {
        SandboxFixture fixture = running();
        FakeHost.FakeProcess app = standIn(fixture, "app1");
        boolean[] reaped = new boolean[1];
        var seen = fixture.tasks.exit("app1", "").thenRun(() -> reaped[0] = app.exited().isDone());
        fixture.tasks.kill("app1", "", Signal.SIGKILL, false);
        seen.get(20, TimeUnit.SECONDS);
        assertThat(reaped[0]).isTrue();
        assertThat(standIn(fixture, SandboxFixture.SANDBOX).exited()).isNotDone();
        fixture.sandbox.stop();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
    }

    @Test
    void whoKillsItKillsItsContainer() throws Exception {
        SandboxFixture fixture = running();
        standIn(fixture, "app1").signal(Signal.SIGKILL);
        ExitStatus exit = fixture.tasks.exit("app1", "").get(20, TimeUnit.SECONDS);
        assertThat(exit.status()).isEqualTo(ExitStatus.KILLED);
        assertThat(fixture.vm.exited()).isNotDone();
        fixture.sandbox.stop();
    }

    @Test
    void whoKillsThatOfTheSandboxStopsTheSandbox() throws Exception {
        SandboxFixture fixture = running();
        standIn(fixture, SandboxFixture.SANDBOX).signal(Signal.SIGKILL);
        ExitStatus exit = fixture.tasks.exit(SandboxFixture.SANDBOX, "").get(20, TimeUnit.SECONDS);
        assertThat(exit.status()).isEqualTo(ExitStatus.KILLED);
        assertThat(fixture.vm.exited()).isDone();
    }

    @Test
    void aContainerForWhichNoProcessCanStandIsNotMade() {
        SandboxFixture fixture = running();
        fixture.host.refuseStandIns();
        assertThatThrownBy(() -> fixture.create("app2"))
                .hasMessageContaining("phase container, process on the host: ")
                .hasMessageContaining("no more processes");
        assertThatThrownBy(() -> fixture.tasks.state("app2", ""))
                .hasMessageContaining("does not exist");
        fixture.sandbox.stop();
    }

    @Test
    void thePidOfAContainerNamesItsPidNamespaceInTheGuest() {
        SandboxFixture fixture = running();
        int sandbox = fixture.tasks.state(SandboxFixture.SANDBOX, "").pid();
        int app = fixture.tasks.state("app1", "").pid();
        assertThat(namespaceOf(fixture, "container", Optional.empty()))
                .isEqualTo(new PidNamespace.Own());
        assertThat(namespaceOf(fixture, "container", Optional.of(sandbox)))
                .isEqualTo(new PidNamespace.Sandbox());
        assertThat(namespaceOf(fixture, "container", Optional.of(app)))
                .isEqualTo(new PidNamespace.Target("app1"));
        assertThat(
                        PidNamespace.of(
                                fixture.bundle("app3", "container", "sleep"),
                                fixture.sandbox.tasks().all(),
                                0))
                .as("hostPID: the specification names no pid namespace")
                .isEqualTo(new PidNamespace.Sandbox());
        assertThat(
                        PidNamespace.of(
                                fixture.bundle("alone", null, "sleep"),
                                fixture.sandbox.tasks().all(),
                                0))
                .isEqualTo(new PidNamespace.Own());
        fixture.sandbox.stop();
    }

    @Test
    void thePidNamespaceOfAStrangerIsRefusedToAContainerStartedAlone() {
        SandboxFixture fixture = running();
        assertThatThrownBy(() -> namespaceOf(fixture, null, Optional.of(1)))
                .hasMessageContaining(
                        "pid namespace /proc/1/ns/pid: it is no container's of this VM");
        fixture.sandbox.stop();
    }

    private PidNamespace namespaceOf(
            SandboxFixture fixture, @Nullable String type, Optional<Integer> pid) {
        String path = pid.map(id -> ", \"path\": \"/proc/%d/ns/pid\"".formatted(id)).orElse("");
        String annotations =
                type == null ? "" : "\"io.kubernetes.cri.container-type\": \"" + type + "\"";
        OciSpec spec =
                OciSpec.parse(
                        "{\"annotations\": {%s}, \"linux\": {\"namespaces\": [{\"type\": \"pid\"%s}]}}"
                                .formatted(annotations, path)
                                .getBytes(StandardCharsets.UTF_8));
        return PidNamespace.of(spec, fixture.sandbox.tasks().all(), 0);
    }

    private SandboxFixture running() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        return fixture;
    }

    private static FakeHost.FakeProcess standIn(SandboxFixture fixture, String id) {
        return fixture.host.processes.stream()
                .filter(process -> process.argv().getFirst().contains("-id " + id + " : "))
                .findFirst()
                .orElseThrow();
    }
}
