package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.ContainerUsage;
import io.saya.event.TaskIo;
import io.saya.lifecycle.Latch;
import io.saya.oci.ContainerKind;
import io.saya.task.NoStdio;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whoever waits for the end of a state is woken by the change of state, however it comes. */
class ContainerTest {

    private static final ContainerEvent MADE = new ContainerEvent.Made();
    private static final ContainerEvent START =
            new ContainerEvent.OfFirst(new ProcessEvent.StartRequested());
    private static final ContainerEvent STARTED =
            new ContainerEvent.OfFirst(new ProcessEvent.StartSucceeded());
    private static final ContainerEvent NOT_STARTED = new ContainerEvent.StartFailed();
    private static final ContainerEvent EXIT =
            new ContainerEvent.OfFirst(new ProcessEvent.Exited(new ExitStatus(0, Instant.EPOCH)));

    private final Container container =
            new Container(
                    "c1",
                    Path.of("/none"),
                    ContainerKind.POD_CONTAINER,
                    new ContainerProcess("c1", TaskIo.NONE, new NoStdio()),
                    new ContainerFigures("c1", () -> ContainerUsage.NONE, Optional::empty));

    @Test
    void aContainerThatIsMadeWakesWhoWaitsForThat() {
        Latch making = container.state().making().orElseThrow();
        assertThat(isOpen(making)).isFalse();

        container.apply(MADE);

        assertThat(isOpen(making)).isTrue();
        assertThat(container.state().making()).isEmpty();
    }

    @Test
    void oneThatEndsWhileItIsMadeKeepsThemUntilItIsGivenBack() {
        Latch making = container.state().making().orElseThrow();

        container.apply(EXIT);
        container.apply(MADE);

        assertThat(container.state()).isInstanceOf(ContainerState.Abandoned.class);
        assertThat(isOpen(making)).isFalse();
        assertThat(container.state().making()).contains(making);
    }

    @Test
    void theAnswerToAStartWakesWhoWaitsForIt() {
        assertThat(isOpen(startedThen(STARTED))).isTrue();
    }

    @Test
    void soDoesAFailureOfTheStart() {
        assertThat(isOpen(startedThen(NOT_STARTED))).isTrue();
        assertThat(container.stateOf(container.init())).isEqualTo(new ProcessState.Starting());
    }

    @Test
    void soDoesAnEndThatComesFirst() {
        assertThat(isOpen(startedThen(EXIT))).isTrue();
    }

    private Latch startedThen(ContainerEvent event) {
        container.apply(MADE);
        container.apply(START);
        Latch settled = ((ContainerState.Starting) container.state()).settled();
        assertThat(isOpen(settled)).isFalse();
        container.apply(event);
        return settled;
    }

    private static boolean isOpen(Latch latch) {
        return latch.await(Duration.ZERO).isDone();
    }
}
