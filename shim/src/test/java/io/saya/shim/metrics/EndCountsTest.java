package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.TaskEvent;
import io.saya.guest.StopCause;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndCountsTest {
    private final AtomicReference<Optional<StopCause>> stop =
            new AtomicReference<>(Optional.empty());
    private final EndCounts counts = new EndCounts("pod", stop::get);

    private void exit(String container, String process, int status) {
        counts.happened(new TaskEvent.Exit(container, process, 1, status, Instant.EPOCH));
    }

    @ParameterizedTest
    @CsvSource({
        "pod, pod, 0, SANDBOX, ZERO",
        "c1, c1, 1, CONTAINER, NONZERO",
        "c1, c1, 128, CONTAINER, NONZERO",
        "c1, c1, 137, CONTAINER, SIGNAL",
        "c1, e1, 143, EXEC, SIGNAL",
        "c1, e1, 255, EXEC, NONZERO",
    })
    void anEndIsCountedByWhoEndedAndHow(
            String container, String process, int status, ProcessKind kind, EndCause cause) {
        exit(container, process, status);
        assertThat(counts.ends(kind, cause)).isEqualTo(1);
    }

    @Test
    void aContainerWithoutMemoryIsToldApartFromOneThatWasKilled() {
        counts.happened(new TaskEvent.Oom("c1"));
        exit("c1", "c1", 137);
        exit("c2", "c2", 137);
        assertThat(counts.ends(ProcessKind.CONTAINER, EndCause.OUT_OF_MEMORY)).isEqualTo(1);
        assertThat(counts.ends(ProcessKind.CONTAINER, EndCause.SIGNAL)).isEqualTo(1);
    }

    @Test
    void theNextContainerOfTheSameIdHasItsMemory() {
        counts.happened(new TaskEvent.Oom("c1"));
        exit("c1", "c1", 137);
        counts.happened(new TaskEvent.Delete("c1", "c1", 1, 137, Instant.EPOCH));
        exit("c1", "c1", 137);
        assertThat(counts.ends(ProcessKind.CONTAINER, EndCause.SIGNAL)).isEqualTo(1);
    }

    @Test
    void whatNobodySawEndHasTheCauseOfTheSandboxsStop() {
        stop.set(Optional.of(new StopCause.VmLost("killed")));
        exit("pod", "pod", 255);
        assertThat(counts.ends(ProcessKind.SANDBOX, EndCause.VM_LOST)).isEqualTo(1);
    }

    @Test
    void aKillIsTimedUntilItsEndIsPublicAndARefusedOneIsNot() {
        counts.killAsked("c1", "");
        counts.killAsked("c1", "e1");
        counts.killRefused("c1", "e1");
        exit("c1", "e1", 137);
        exit("c1", "c1", 137);
        assertThat(counts.killTimes(ProcessKind.CONTAINER).read().count()).isEqualTo(1);
        assertThat(counts.killTimes(ProcessKind.EXEC).read().count()).isZero();
    }

    @Test
    void killsThatNeverEndDoNotFillTheMemory() {
        for (int i = 0; i < 5000; i++) {
            counts.killAsked("c" + i, "");
        }
        for (int i = 0; i < 5000; i++) {
            exit("c" + i, "c" + i, 137);
        }
        assertThat(counts.killTimes(ProcessKind.CONTAINER).read().count()).isEqualTo(1024);
        assertThat(counts.ends(ProcessKind.CONTAINER, EndCause.SIGNAL)).isEqualTo(5000);
    }
}
