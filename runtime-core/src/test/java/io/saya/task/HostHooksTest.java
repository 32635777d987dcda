package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.HookCommand;
import io.saya.host.Signal;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.oci.OciSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When the host's hooks of a container run, what they are told, and what becomes of failures. */
@Timeout(60)
class HostHooksTest {

    @TempDir Path directory;

    @Test
    void eachRunsAtItsTimeAndIsToldOfTheContainer() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        create(
                fixture,
                """
                {"prestart": [{"path": "/prestart", "args": ["name", "a"], "env": ["A=b"]}],
                 "createRuntime": [{"path": "/create"}], "createContainer": [{"path": "/guests"}],
                 "startContainer": [{"path": "/guests"}],
                 "poststart": [{"path": "/poststart"}, {"path": "/fails"}],
                 "poststop": [{"path": "/fails"}, {"path": "/poststop"}]}
                """);
        assertThat(programs(fixture)).containsExactly("/prestart", "/create");
        HookCommand first = fixture.host.hooks.getFirst();
        assertThat(first.argv()).containsExactly("name", "a");
        assertThat(first.environment()).containsExactly("A=b");
        assertThat(first.directory()).isEqualTo(directory.resolve("app1"));
        Path expected = directory.resolve("app1/poststop.json");
        assertThat(expected)
                .as("what the launcher runs where this daemon dies")
                .content()
                .contains("\"path\":\"/poststop\",\"args\":[\"/poststop\"],\"env\":[]")
                .contains("\\\"status\\\":\\\"stopped\\\"");
        int pid = fixture.tasks.state("app1", "").pid();
        assertState(first, "creating", pid);

        fixture.tasks.start("app1", "");
        assertThat(programs(fixture))
                .as("the failure of one is logged")
                .endsWith("/poststart", "/fails");
        assertState(fixture.host.hooks.get(2), "running", pid);

        fixture.tasks.kill("app1", "", Signal.SIGKILL, false);
        var _ = fixture.tasks.exit("app1", "").join();
        assertThat(programs(fixture)).hasSize(4);
        var _ = fixture.tasks.delete("app1", "");
        assertThat(programs(fixture)).endsWith("/fails", "/poststop");
        assertThat(expected).doesNotExist();
        assertState(fixture.host.hooks.getLast(), "stopped", 0);
        fixture.sandbox.stop();
    }

    @Test
    void oneThatFailsBeforeTheContainerIsMadeKeepsItFromBeingMade() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        assertThatThrownBy(
                        () ->
                                create(
                                        fixture,
                                        """
                                        {"createRuntime": [{"path": "/fails"}, {"path": "/never"}],
                                         "poststop": [{"path": "/undo"}]}
                                        """))
                .hasMessageContaining("phase container, hooks: hook createRuntime[0] (/fails)")
                .hasMessageContaining("exit code 3");
        assertThat(programs(fixture)).containsExactly("/fails", "/undo");
        assertThatThrownBy(() -> fixture.tasks.state("app1", ""))
                .hasMessageContaining("does not exist");
        fixture.sandbox.stop();
    }

    @Test
    void oneThatDoesNotEndIsEnded() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        assertThatThrownBy(
                        () ->
                                create(
                                        fixture,
                                        "{\"prestart\": [{\"path\": \"/hangs\", \"timeout\": 1}]}"))
                .hasMessageContaining("hook prestart[0] (/hangs) did not end within 1 s");
        fixture.sandbox.stop();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
    }

    @Test
    void aStopOfTheSandboxDoesNotWaitForOneThatHangs() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        Thread creation =
                Thread.startVirtualThread(
                        () ->
                                assertThatThrownBy(
                                                () ->
                                                        create(
                                                                fixture,
                                                                "{\"prestart\": [{\"path\": \"/hangs\"}]}"))
                                        .hasMessageContaining("the sandbox has stopped"));
        while (fixture.host.hooks.isEmpty()) {
            Thread.onSpinWait();
        }
        fixture.tasks.kill(SandboxFixture.SANDBOX, "", Signal.SIGKILL, false);
        creation.join();
        assertThat(fixture.host.processes).allMatch(process -> process.exited().isDone());
    }

    private static void create(SandboxFixture fixture, String hooks) {
        OciSpec plain = fixture.bundle("app1", "container", "sleep");
        OciSpec spec =
                OciSpec.parse(
                        Json.write(
                                        plain.json().toBuilder()
                                                .put("hooks", Json.parseObject(hooks))
                                                .build())
                                .getBytes(StandardCharsets.UTF_8));
        fixture.tasks.create(fixture.request("app1"), spec);
    }

    private static List<String> programs(SandboxFixture fixture) {
        return fixture.host.hooks.stream().map(hook -> hook.program().toString()).toList();
    }

    private void assertState(HookCommand hook, String status, int pid) {
        JsonObject state = Json.parseObject(hook.input());
        assertThat(state.string("id")).contains("app1");
        assertThat(state.string("status")).contains(status);
        assertThat(state.integer("pid")).hasValue(pid);
        assertThat(state.string("bundle")).contains(directory.resolve("app1").toString());
        assertThat(state.object("annotations").orElseThrow().string("io.kubernetes.cri.sandbox-id"))
                .contains(SandboxFixture.SANDBOX);
    }
}
