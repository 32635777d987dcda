package io.saya.host.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.HookCommand;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Programs that are given something to read, as the real guard starts them. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class HookTest {

    @TempDir Path directory;

    @Test
    void itReadsItsInputAndIsCalledAsItIsTold() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess hook =
                    guard.host()
                            .hook(
                                    shell(
                                            "cat; echo; tr '\\0' ' ' </proc/$$/cmdline | cut -c 1-8;"
                                                    + " echo $A; pwd; exit 3"));
            assertThat(hook.exited().get(20, TimeUnit.SECONDS)).isEqualTo(new ProcessExit.Code(3));
            assertThat(hook.outputTail().lines())
                    .containsExactly("{\"id\": 1}", "setkey -", "b", directory.toString());
        }
    }

    @Test
    void whatItHasStartedEndsWithIt() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess hook =
                    guard.host()
                            .hook(
                                    shell(
                                            "sleep 1000 & echo $! > child.new; mv child.new child; wait"));
            Path child = directory.resolve("child");
            while (!Files.exists(child)) {
                Thread.onSpinWait();
            }
            Path process = Path.of("/proc/" + Files.readString(child).strip());
            hook.signal(Signal.SIGKILL);
            assertThat(hook.exited().get(20, TimeUnit.SECONDS))
                    .isEqualTo(new ProcessExit.Signal(Signal.SIGKILL));
            while (Files.exists(process)) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void oneThatIsNotThereIsNamed() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            assertThatThrownBy(
                            () ->
                                    guard.host()
                                            .hook(
                                                    new HookCommand(
                                                            Path.of("/not/there"),
                                                            List.of("x"),
                                                            List.of(),
                                                            directory,
                                                            "")))
                    .hasMessageContaining("execute /not/there");
        }
    }

    private HookCommand shell(String script) {
        return new HookCommand(
                Path.of("/bin/sh"),
                List.of("setkey", "-c", script),
                List.of("A=b", "PATH=/usr/bin:/bin"),
                directory,
                "{\"id\": 1}");
    }
}
