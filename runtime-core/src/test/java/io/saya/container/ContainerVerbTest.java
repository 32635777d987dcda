package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.container.ContainerState.Created;
import io.saya.container.ContainerState.Creating;
import io.saya.container.ContainerState.Deleting;
import io.saya.container.ContainerState.Paused;
import io.saya.container.ContainerState.Running;
import io.saya.container.ContainerState.Starting;
import io.saya.container.ContainerState.Stopped;
import io.saya.failure.RuntimeFailure;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of what clients may do, row by row. */
class ContainerVerbTest {

    private static final Stopped ENDED = new Stopped(new ExitStatus(3, Instant.EPOCH), true);

    /** In the order of the columns. */
    private static final List<ContainerState> STATES =
            List.of(
                    new Creating(),
                    new Created(),
                    new Starting(),
                    new Running(),
                    new Paused(),
                    ENDED,
                    new Deleting(new Created(), new CompletableFuture<>()),
                    new Deleting(ENDED, new CompletableFuture<>()));

    // Creating, Created, Starting, Running, Paused, Stopped, Deleting (created), Deleting
    // (stopped):
    // y allowed, p FAILED_PRECONDITION, u UNAVAILABLE, n NOT_FOUND.
    @ParameterizedTest
    @CsvSource({
        "START,      pypppppp",
        "ADD_EXEC,   pyyypppp",
        "START_EXEC, pppypppp",
        "PAUSE,      pppypppp",
        "RESUME,     ppppyppp",
        "UPDATE,     pyyyyppp",
        "SIGNAL,     uyyyynyn",
        "DELETE,     pypppypp",
    })
    void whatIsAllowed(ContainerVerb verb, String answers) {
        for (int i = 0; i < STATES.size(); i++) {
            ContainerState state = STATES.get(i);
            char expected = answers.charAt(i);
            if (expected == 'y') {
                assertThatCode(() -> verb.check("c1", state)).doesNotThrowAnyException();
            } else {
                RuntimeFailure.Kind kind =
                        switch (expected) {
                            case 'p' -> RuntimeFailure.Kind.FAILED_PRECONDITION;
                            case 'u' -> RuntimeFailure.Kind.UNAVAILABLE;
                            case 'n' -> RuntimeFailure.Kind.NOT_FOUND;
                            default -> throw new AssertionError("no such answer: " + expected);
                        };
                assertThatThrownBy(() -> verb.check("c1", state))
                        .as("%s in %s", verb, state)
                        .isInstanceOfSatisfying(
                                RuntimeFailure.class,
                                failure -> assertThat(failure.kind()).isEqualTo(kind))
                        .hasMessageContaining("container c1");
            }
        }
    }
}
