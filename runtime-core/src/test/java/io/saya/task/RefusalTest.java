package io.saya.task;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.guest.SandboxLimits;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.oci.OciSpec;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container that is being made or deleted takes nothing new, whatever its process does. */
@Timeout(60)
class RefusalTest {

    @TempDir Path directory;

    @Test
    void whatIsBeingMadeTakesNothing() {
        CompletableFuture<Void> answers = new CompletableFuture<>();
        SandboxFixture fixture =
                new SandboxFixture(
                        directory,
                        SandboxLimits.NORMAL,
                        (agent, _) -> {
                            answers.join();
                            return agent;
                        });
        OciSpec spec = fixture.bundle(SandboxFixture.SANDBOX, null, "sleep");
        fixture.sandbox.boot(spec);
        CompletableFuture<Void> created =
                CompletableFuture.runAsync(
                        () -> fixture.tasks.create(fixture.request(SandboxFixture.SANDBOX), spec),
                        Thread::startVirtualThread);
        while (fixture.tasks.all().isEmpty()) {
            Thread.onSpinWait();
        }
        refused("is still being made", () -> exec(fixture, SandboxFixture.SANDBOX));
        refused("is still being made", () -> update(fixture, SandboxFixture.SANDBOX));
        refused("is still being made", () -> fixture.tasks.start(SandboxFixture.SANDBOX, ""));
        answers.complete(null);
        created.join();
        fixture.tasks.start(SandboxFixture.SANDBOX, "");
        exec(fixture, SandboxFixture.SANDBOX);
        fixture.sandbox.close();
    }

    @Test
    void whatIsBeingDeletedTakesNothing() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        fixture.create("app1");
        CompletableFuture<Void> removal = fixture.agent.holdRemoval();
        CompletableFuture<Void> deleted =
                CompletableFuture.runAsync(
                        () -> fixture.tasks.delete("app1", ""), Thread::startVirtualThread);
        fixture.agent.removalAsked.join();
        refused("is being deleted", () -> exec(fixture, "app1"));
        refused("is being deleted", () -> update(fixture, "app1"));
        refused("is being deleted", () -> fixture.tasks.start("app1", ""));
        refused("is being deleted", () -> fixture.tasks.pause("app1"));
        removal.complete(null);
        deleted.join();
        fixture.sandbox.close();
    }

    @Test
    void anExecDoesNotStartInWhatIsFrozen() {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        exec(fixture, "app1");
        fixture.tasks.pause("app1");
        refused("is paused", () -> fixture.tasks.start("app1", "e1"));
        fixture.tasks.resume("app1");
        fixture.tasks.start("app1", "e1");
        fixture.sandbox.close();
    }

    private static void exec(SandboxFixture fixture, String container) {
        fixture.tasks.exec(
                container, "e1", json("{\"args\":[\"true\"],\"cwd\":\"/\"}"), TaskIo.NONE);
    }

    private static void update(SandboxFixture fixture, String container) {
        fixture.tasks.update(container, json("{}"));
    }

    private static JsonObject json(String text) {
        return Json.parseObject(text);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        failure ->
                                org.assertj.core.api.Assertions.assertThat(failure.kind())
                                        .isEqualTo(Kind.FAILED_PRECONDITION))
                .hasMessageContaining(why);
    }
}
