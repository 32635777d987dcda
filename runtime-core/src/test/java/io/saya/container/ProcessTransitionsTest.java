package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.container.ProcessEvent.Exited;
import io.saya.container.ProcessEvent.StartRequested;
import io.saya.container.ProcessEvent.StartSucceeded;
import io.saya.container.ProcessState.Created;
import io.saya.container.ProcessState.Running;
import io.saya.container.ProcessState.Starting;
import io.saya.container.ProcessState.Stopped;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessTransitionsTest {

    private static final ExitStatus FIRST = new ExitStatus(1, Instant.EPOCH);
    private static final ExitStatus SECOND = new ExitStatus(2, Instant.EPOCH);

    private static final Map<String, ProcessState> STATES =
            Map.of(
                    "created", new Created(),
                    "starting", new Starting(),
                    "running", new Running(),
                    "stopped1", new Stopped(FIRST),
                    "stopped2", new Stopped(SECOND));

    private static final Map<String, ProcessEvent> EVENTS =
            Map.of(
                    "start", new StartRequested(),
                    "started", new StartSucceeded(),
                    "exit2", new Exited(SECOND));

    @ParameterizedTest
    @CsvSource({
        "created,  start,   starting",
        "created,  started, error",
        "created,  exit2,   stopped2",
        "starting, start,   refused",
        "starting, started, running",
        "starting, exit2,   stopped2",
        "running,  start,   refused",
        "running,  started, error",
        "running,  exit2,   stopped2",
        "stopped1, start,   refused",
        "stopped1, started, stopped1",
        "stopped1, exit2,   stopped1",
    })
    void everyEventInEveryState(String state, String event, String next) {
        ProcessState before = Objects.requireNonNull(STATES.get(state));
        ProcessEvent happens = Objects.requireNonNull(EVENTS.get(event));
        switch (next) {
            case "refused" ->
                    assertThatThrownBy(
                                    () -> ProcessTransitions.next("container c1", before, happens))
                            .hasMessageContaining("container c1")
                            .hasMessageContaining("expected: created");
            case "error" ->
                    assertThatThrownBy(
                                    () -> ProcessTransitions.next("container c1", before, happens))
                            .isInstanceOf(IllegalStateException.class);
            default ->
                    assertThat(ProcessTransitions.next("container c1", before, happens))
                            .isEqualTo(STATES.get(next));
        }
    }
}
