package io.saya.task;

import static io.saya.host.Signal.SIGKILL;
import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.guest.SandboxLimits;
import io.saya.oci.OciSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A kernel that does not let go of a process: nothing is said to be gone, and nobody waits on. */
@Timeout(60)
class StuckHostTest {

    @TempDir Path directory;

    @Test
    void killDoesNotSucceedBeforeVirtiofsdIsReaped() throws Exception {
        SandboxFixture fixture = fixture();
        fixture.runPod();
        fixture.host.beStuck();
        assertKind(() -> fixture.tasks.kill(SANDBOX, "", SIGKILL, false), Kind.DEADLINE_EXCEEDED);
        assertThat(fixture.host.awaitSecondSignal()).as("it is killed again").isTrue();
        assertThat(fixture.sandbox.stopped()).isNotDone();
        assertThat(fixture.exits(SANDBOX)).isZero();
        fixture.host.letGo();
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);
        assertThat(fixture.exits(SANDBOX)).isEqualTo(1);
        assertKind(() -> fixture.tasks.kill(SANDBOX, "", SIGKILL, false), Kind.NOT_FOUND);
    }

    @Test
    void aCreateThatFailsDoesNotWaitForAVmThatCannotBeReaped() throws Exception {
        SandboxFixture fixture = fixture();
        OciSpec spec = fixture.bundle(SANDBOX, null, "missing");
        fixture.sandbox.boot(spec);
        CompletableFuture<Void> free = fixture.vm.beStuck();
        assertThatThrownBy(() -> fixture.tasks.create(fixture.request(SANDBOX), spec))
                .hasMessageContaining("executable file not found")
                .satisfies(
                        failure ->
                                assertThat(failure.getSuppressed()[0])
                                        .hasMessageContaining("did not stop within"));
        assertThat(fixture.tasks.idle()).as("the daemon may end").isTrue();
        assertThat(Files.exists(fixture.runDirectory())).isTrue();
        free.complete(null);
        while (Files.exists(fixture.runDirectory())) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private SandboxFixture fixture() {
        return new SandboxFixture(
                directory,
                new SandboxLimits(
                        Duration.ofMillis(300),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(20),
                        Duration.ofMillis(50)));
    }

    private static void assertKind(ThrowingCallable call, Kind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        failure ->
                                assertThat(failure.kind())
                                        .as(failure.getMessage())
                                        .isEqualTo(kind));
    }
}
