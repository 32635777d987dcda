package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.lifecycle.Latch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of what clients may do, row by row. */
class ContainerVerbTest {

    private static final Stopped ENDED = new Stopped(new ExitStatus(3, Instant.EPOCH));

    /** In the order of the columns. */
    private static final List<ContainerState> STATES =
            List.of(
                    new Creating(new Latch()),
                    new Abandoned(new ExitStatus(3, Instant.EPOCH), new Latch()),
                    new Created(),
                    new Starting(new Latch()),
                    new StartFailed(),
                    new Running(),
                    new Paused(),
                    ENDED,
                    new Deleting(new Created(), new CompletableFuture<>()),
                    new Deleting(ENDED, new CompletableFuture<>()));

    // Creating, Abandoned, Created, Starting, StartFailed, Running, Paused, Stopped, Deleting
    // (created), Deleting (stopped):
    // y allowed, p FAILED_PRECONDITION, u UNAVAILABLE, n NOT_FOUND.
    @ParameterizedTest
    @CsvSource({
        "START,      ppyppppppp",
        "ADD_EXEC,   ppyypypppp",
        "START_EXEC, pppppypppp",
        "PAUSE,      pppppypppp",
        "RESUME,     ppppppyppp",
        "UPDATE,     ppyypyyppp",
        "SIGNAL,     unyyyyynyn",
        "DELETE,     ppyppppypp",
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

    /** The table of the README says the same, in its columns' order. */
    @Test
    void theReadmeHasThisTable() throws IOException {
        List<String> page = Files.readAllLines(Path.of("README.md"));
        for (ContainerVerb verb : ContainerVerb.values()) {
            String row =
                    page.stream()
                            .filter(line -> line.startsWith("| " + title(verb) + " |"))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("no row of " + verb));
            String[] cells = row.substring(2, row.length() - 2).split(" \\| ", -1);
            for (int i = 0; i < STATES.size() - 1; i++) {
                String expected =
                        verb.refusal(STATES.get(i))
                                .map(kind -> kind == Kind.FAILED_PRECONDITION ? "-" : kind.name())
                                .orElse("yes");
                String said = cells[i + 1];
                // In words: what comes of waiting for another state, or of joining.
                if (!said.contains(" ") && !said.equals("joins")) {
                    assertThat(said).as("%s in %s", verb, STATES.get(i)).isEqualTo(expected);
                }
            }
        }
    }

    private static String title(ContainerVerb verb) {
        return switch (verb) {
            case START -> "start";
            case ADD_EXEC -> "add an exec";
            case START_EXEC -> "start an exec";
            case PAUSE -> "pause";
            case RESUME -> "resume";
            case UPDATE -> "update";
            case SIGNAL -> "signal";
            case DELETE -> "delete";
        };
    }
}
