package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignalRangeTest {
    @TempDir Path directory;

    /** containerd's number is an unsigned one of 32 bits; 0 only asks (SandboxTest). */
    @Test
    void aSignalIsOneOfTheKernels() {
        Tasks tasks = new SandboxFixture(directory).tasks;
        for (int number : new int[] {65, -1}) {
            assertThatThrownBy(() -> tasks.kill("app1", "", number, false))
                    .hasMessageContaining("signal " + number)
                    .isInstanceOfSatisfying(
                            RuntimeFailure.class,
                            e ->
                                    assertThat(e.kind())
                                            .isEqualTo(RuntimeFailure.Kind.INVALID_ARGUMENT));
        }
    }
}
