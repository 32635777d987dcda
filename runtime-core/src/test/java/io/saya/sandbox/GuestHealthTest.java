package io.saya.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.sandbox.SandboxState.StopCause;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GuestHealthTest {

    private static final Duration LIMIT = Duration.ofSeconds(1);

    @Test
    void aVmmThatIsStoppedWhileTheGuestBootsIsLost() throws Exception {
        Process vmm = new ProcessBuilder("sleep", "100").start();
        try {
            signal(vmm, "STOP");
            GuestHealth health =
                    new GuestHealth(
                            vmm.pid(), Optional::empty, LIMIT, new CompletableFuture<Void>());

            assertThat(health.watch()).isInstanceOf(StopCause.VmLost.class);
        } finally {
            vmm.destroyForcibly().waitFor();
        }
    }

    @Test
    void theWatchEndsWithTheSandbox() {
        GuestHealth health =
                new GuestHealth(
                        ProcessHandle.current().pid(),
                        Optional::empty,
                        LIMIT,
                        CompletableFuture.completedFuture(null));

        assertThat(health.watch()).isInstanceOf(StopCause.Requested.class);
    }

    private static void signal(Process process, String name)
            throws IOException, InterruptedException {
        assertThat(
                        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                                .start()
                                .waitFor())
                .isZero();
    }
}
