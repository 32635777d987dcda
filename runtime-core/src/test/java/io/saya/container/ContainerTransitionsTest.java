package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.container.ContainerEvent.DeletionBegun;
import io.saya.container.ContainerEvent.DeletionFailed;
import io.saya.container.ContainerEvent.Frozen;
import io.saya.container.ContainerEvent.Made;
import io.saya.container.ContainerEvent.OfFirst;
import io.saya.container.ContainerEvent.Thawed;
import io.saya.container.ContainerState.Abandoned;
import io.saya.container.ContainerState.Created;
import io.saya.container.ContainerState.Creating;
import io.saya.container.ContainerState.Deleting;
import io.saya.container.ContainerState.Paused;
import io.saya.container.ContainerState.Running;
import io.saya.container.ContainerState.StartFailed;
import io.saya.container.ContainerState.Starting;
import io.saya.container.ContainerState.Stopped;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Latch;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerTransitionsTest {

    private static final ExitStatus FIRST = new ExitStatus(1, Instant.EPOCH);
    private static final ExitStatus SECOND = new ExitStatus(2, Instant.EPOCH);
    private static final CompletableFuture<ExitStatus> DELETION = new CompletableFuture<>();

    private static final Latch LATCH = new Latch();

    private static final Map<String, ContainerState> STATES =
            Map.ofEntries(
                    Map.entry("creating", new Creating(LATCH)),
                    Map.entry("abandoned", new Abandoned(FIRST, LATCH)),
                    Map.entry("created", new Created()),
                    Map.entry("starting", new Starting(LATCH)),
                    Map.entry("unstarted", new StartFailed()),
                    Map.entry("running", new Running()),
                    Map.entry("paused", new Paused()),
                    Map.entry("stopped", new Stopped(FIRST)),
                    Map.entry("deleting", new Deleting(new Created(), DELETION)),
                    Map.entry("finishing", new Deleting(new Stopped(FIRST), DELETION)));

    /** What is reached with the second exit alone. */
    private static final Map<String, ContainerState> SECOND_ENDS =
            Map.of(
                    "abandoned2", new Abandoned(SECOND, LATCH),
                    "stopped2", new Stopped(SECOND),
                    "deleting2", new Deleting(new Stopped(SECOND), DELETION));

    private static final Map<String, ContainerEvent> EVENTS =
            Map.of(
                    "made", new Made(),
                    "start", new OfFirst(new ProcessEvent.StartRequested()),
                    "started", new OfFirst(new ProcessEvent.StartSucceeded()),
                    "unstarts", new ContainerEvent.StartFailed(),
                    "exit2", new OfFirst(new ProcessEvent.Exited(SECOND)),
                    "frozen", new Frozen(),
                    "thawed", new Thawed(),
                    "delete", new DeletionBegun(DELETION),
                    "failed", new DeletionFailed());

    @ParameterizedTest
    @CsvSource({
        "creating,  made,     created",
        "creating,  start,    refused",
        "creating,  started,  error",
        "creating,  unstarts, error",
        "creating,  exit2,    abandoned2",
        "creating,  frozen,   error",
        "creating,  thawed,   error",
        "creating,  delete,   refused",
        "creating,  failed,   error",
        "abandoned, made,     abandoned",
        "abandoned, start,    refused",
        "abandoned, started,  error",
        "abandoned, unstarts, error",
        "abandoned, exit2,    abandoned",
        "abandoned, frozen,   error",
        "abandoned, thawed,   error",
        "abandoned, delete,   refused",
        "abandoned, failed,   error",
        "created,   made,     error",
        "created,   start,    starting",
        "created,   started,  error",
        "created,   unstarts, error",
        "created,   exit2,    stopped2",
        "created,   frozen,   error",
        "created,   thawed,   error",
        "created,   delete,   deleting",
        "created,   failed,   error",
        "starting,  made,     error",
        "starting,  start,    refused",
        "starting,  started,  running",
        "starting,  unstarts, unstarted",
        "starting,  exit2,    stopped2",
        "starting,  frozen,   error",
        "starting,  thawed,   error",
        "starting,  delete,   refused",
        "starting,  failed,   error",
        "unstarted, made,     error",
        "unstarted, start,    refused",
        "unstarted, started,  error",
        "unstarted, unstarts, error",
        "unstarted, exit2,    stopped2",
        "unstarted, frozen,   error",
        "unstarted, thawed,   error",
        "unstarted, delete,   refused",
        "unstarted, failed,   error",
        "running,   made,     error",
        "running,   start,    refused",
        "running,   started,  error",
        "running,   unstarts, error",
        "running,   exit2,    stopped2",
        "running,   frozen,   paused",
        "running,   thawed,   running",
        "running,   delete,   refused",
        "running,   failed,   error",
        "paused,    made,     error",
        "paused,    start,    refused",
        "paused,    started,  error",
        "paused,    unstarts, error",
        "paused,    exit2,    stopped2",
        "paused,    frozen,   paused",
        "paused,    thawed,   running",
        "paused,    delete,   refused",
        "paused,    failed,   error",
        "stopped,   made,     error",
        "stopped,   start,    refused",
        "stopped,   started,  stopped",
        "stopped,   unstarts, stopped",
        "stopped,   exit2,    stopped",
        "stopped,   frozen,   stopped",
        "stopped,   thawed,   stopped",
        "stopped,   delete,   finishing",
        "stopped,   failed,   error",
        "deleting,  made,     error",
        "deleting,  start,    refused",
        "deleting,  started,  error",
        "deleting,  unstarts, error",
        "deleting,  exit2,    deleting2",
        "deleting,  frozen,   deleting",
        "deleting,  thawed,   deleting",
        "deleting,  delete,   refused",
        "deleting,  failed,   created",
        "finishing, made,     error",
        "finishing, start,    refused",
        "finishing, started,  finishing",
        "finishing, unstarts, finishing",
        "finishing, exit2,    finishing",
        "finishing, frozen,   finishing",
        "finishing, thawed,   finishing",
        "finishing, delete,   refused",
        "finishing, failed,   stopped",
    })
    void everyEventInEveryState(String state, String event, String next) {
        ContainerState before = Objects.requireNonNull(STATES.get(state));
        ContainerEvent happens = Objects.requireNonNull(EVENTS.get(event));
        switch (next) {
            case "refused" ->
                    assertThatThrownBy(() -> ContainerTransitions.next("c1", before, happens))
                            .isInstanceOf(RuntimeFailure.class)
                            .hasMessageContaining("container c1")
                            .hasMessageContaining(before.describe());
            case "error" ->
                    assertThatThrownBy(() -> ContainerTransitions.next("c1", before, happens))
                            .isInstanceOf(IllegalStateException.class);
            case "starting" ->
                    assertThat(ContainerTransitions.next("c1", before, happens))
                            .isInstanceOf(Starting.class);
            default ->
                    assertThat(ContainerTransitions.next("c1", before, happens))
                            .isEqualTo(STATES.getOrDefault(next, SECOND_ENDS.get(next)));
        }
    }
}
