package io.saya.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.guest.StopCause;
import io.saya.sandbox.SandboxEvent.BootRequested;
import io.saya.sandbox.SandboxEvent.BootSucceeded;
import io.saya.sandbox.SandboxEvent.StopFinished;
import io.saya.sandbox.SandboxEvent.StopRequested;
import io.saya.sandbox.SandboxState.Booting;
import io.saya.sandbox.SandboxState.New;
import io.saya.sandbox.SandboxState.Running;
import io.saya.sandbox.SandboxState.Stopped;
import io.saya.sandbox.SandboxState.Stopping;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxTransitionsTest {

    private static final StopCause FIRST = new StopCause.VmLost("first");
    private static final StopCause SECOND = new StopCause.Requested();

    private static final Map<String, SandboxState> STATES =
            Map.of(
                    "new", new New(),
                    "booting", new Booting(),
                    "running", new Running(),
                    "stopping1", new Stopping(FIRST),
                    "stopping2", new Stopping(SECOND),
                    "stopped1", new Stopped(FIRST));

    private static final Map<String, SandboxEvent> EVENTS =
            Map.of(
                    "boot", new BootRequested(),
                    "up", new BootSucceeded(),
                    "stop2", new StopRequested(SECOND),
                    "gone", new StopFinished());

    @ParameterizedTest
    @CsvSource({
        "new,       boot,  booting",
        "new,       up,    error",
        "new,       stop2, stopping2",
        "new,       gone,  error",
        "booting,   boot,  refused",
        "booting,   up,    running",
        "booting,   stop2, stopping2",
        "booting,   gone,  error",
        "running,   boot,  refused",
        "running,   up,    error",
        "running,   stop2, stopping2",
        "running,   gone,  error",
        "stopping1, boot,  refused",
        "stopping1, up,    stopping1",
        "stopping1, stop2, stopping1",
        "stopping1, gone,  stopped1",
        "stopped1,  boot,  refused",
        "stopped1,  up,    stopped1",
        "stopped1,  stop2, stopped1",
        "stopped1,  gone,  stopped1",
    })
    void everyEventInEveryState(String state, String event, String next) {
        SandboxState before = Objects.requireNonNull(STATES.get(state));
        SandboxEvent happens = Objects.requireNonNull(EVENTS.get(event));
        switch (next) {
            case "refused" ->
                    assertThatThrownBy(() -> SandboxTransitions.next(before, happens))
                            .hasMessageContaining("cannot boot");
            case "error" ->
                    assertThatThrownBy(() -> SandboxTransitions.next(before, happens))
                            .isInstanceOf(IllegalStateException.class);
            default ->
                    assertThat(SandboxTransitions.next(before, happens))
                            .isEqualTo(STATES.get(next));
        }
    }
}
