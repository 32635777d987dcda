package io.saya.failpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class FailpointsTest {

    @TempDir Path directory;

    @Test
    void withoutAFileNothingHappens() {
        Failpoints.act(directory, Moment.KILL_VM);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aPauseLastsUntilItsFileIsGone() throws Exception {
        Path file = Files.writeString(directory.resolve("kill-vm"), "pause\n");
        Thread daemon = Thread.startVirtualThread(() -> Failpoints.act(directory, Moment.KILL_VM));
        while (!Files.exists(directory.resolve("kill-vm.reached"))) {
            Thread.onSpinWait();
        }
        assertThat(daemon.join(Duration.ofMillis(50))).isFalse();
        Files.delete(file);
        daemon.join();
    }

    @Test
    void aFailureNamesItsMoment() throws IOException {
        Files.writeString(directory.resolve("create-sandbox"), "fail");
        assertThatThrownBy(() -> Failpoints.act(directory, Moment.CREATE_SANDBOX))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("create-sandbox");
    }

    @Test
    void aFailureMayComeAfterSomeSteps() throws IOException {
        assertThat(Failpoints.steps(directory, Moment.NETWORK_CONNECT)).isZero();
        Files.writeString(directory.resolve("network-connect"), "fail 3\n");
        assertThat(Failpoints.steps(directory, Moment.NETWORK_CONNECT)).isEqualTo(3);
        assertThatThrownBy(() -> Failpoints.act(directory, Moment.NETWORK_CONNECT))
                .hasMessageContaining("network-connect");
    }

    @Test
    void offNothingIsLookedAt() {
        Failpoints.sandbox("s1");
        Failpoints.reach(Moment.KILL_VM);
    }
}
