package io.saya.task;

import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StopCause;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a guest that does not come up. */
@Timeout(60)
class BootVerdictTest {

    @TempDir Path directory;

    @Test
    void whatWasStoppedWhileItBootedHasNotFailed() {
        SandboxFixture fixture = silent(Duration.ofSeconds(30));
        fixture.sandbox.boot(fixture.bundle(SANDBOX, "sandbox", "sleep"));
        // Such a cause waits for the word of the thread that connects.
        fixture.sandbox.requestStop(new StopCause.AgentLost("asked to go"));
        assertThatThrownBy(fixture.sandbox::awaitBoot)
                .hasMessageContaining("was stopped while it came up")
                .hasMessageContaining("asked to go")
                .hasMessageNotContaining("QEMU ended");
        fixture.sandbox.close();
    }

    @Test
    void whatCrashedWhileItBootedHas() {
        SandboxFixture fixture = silent(Duration.ofSeconds(30));
        fixture.sandbox.boot(fixture.bundle(SANDBOX, "sandbox", "sleep"));
        fixture.vm.crash();
        assertThatThrownBy(fixture.sandbox::awaitBoot)
                .hasMessageContaining("did not come up")
                .hasMessageContaining("QEMU ended with signal 9");
        fixture.sandbox.close();
    }

    @Test
    void aBootThatTakesTooLongIsToldWithItsPhaseAndTheConsole() {
        SandboxFixture fixture = silent(Duration.ofMillis(100));
        fixture.sandbox.boot(fixture.bundle(SANDBOX, "sandbox", "sleep"));
        assertThatThrownBy(fixture.sandbox::awaitBoot)
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.DEADLINE_EXCEEDED))
                .hasMessageContaining("phase agent")
                .hasMessageContaining("not up after PT0.1S")
                .hasMessageContaining("Linux version 6.1");
        fixture.sandbox.close();
    }

    /** With an agent that never answers; the connection ends with the VM. */
    private SandboxFixture silent(Duration boot) {
        return new SandboxFixture(
                directory,
                new SandboxLimits(
                        Duration.ofSeconds(30),
                        boot,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(5)),
                (_, vm) -> {
                    vm.exited().join();
                    throw RuntimeFailure.unavailable("the connection is lost", null);
                });
    }
}
