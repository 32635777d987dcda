package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.ContainerUsage;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A test that waits for the guest does not end: there is an answer only where one is put. */
@Timeout(30)
class ContainerFiguresTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final BlockingQueue<ContainerUsage> answers = new LinkedBlockingQueue<>();
    private int put;
    private volatile @Nullable RuntimeFailure failure;
    private final AtomicInteger asked = new AtomicInteger();
    private final ContainerFigures figures =
            new ContainerFigures("c1", this::answer, Optional::empty);

    @Test
    void ofAGuestThatAnswersAreFresh() {
        ContainerUsage first = put();
        assertThat(figures.now()).isEqualTo(first);
        ContainerUsage second = put();
        assertThat(figures.now()).isEqualTo(second);
    }

    @Test
    void ofAGuestThatIsDeafAreThoseItToldLastAndItIsAskedOnce() {
        ContainerUsage told = put();
        assertThat(figures.now()).isEqualTo(told);
        assertThat(figures.now()).isEqualTo(told);
        assertThat(figures.now()).isEqualTo(told);
        assertThat(asked).hasValue(2);
    }

    @Test
    void anAnswerThatComesLateIsTheNextOnes() throws Exception {
        ContainerUsage told = put();
        assertThat(figures.now()).isEqualTo(told);
        assertThat(figures.now()).isEqualTo(told);
        ContainerUsage late = put();
        while (!figures.now().equals(late)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(figures.now()).isEqualTo(late);
    }

    @Test
    void areKnownSoonAfterTheStartThoughNobodyAsked() throws Exception {
        ContainerUsage told = put();
        figures.askSoon();
        while (!answers.isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThat(asked).hasValue(1);
        assertThat(figures.now()).as("the guest is deaf by now").isEqualTo(told);
    }

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "DEADLINE_EXCEEDED"})
    void ofAGuestThatIsLostAreThoseItToldLast(Kind silence) {
        ContainerUsage told = put();
        assertThat(figures.now()).isEqualTo(told);
        failure = new RuntimeFailure(silence, "the connection is lost");
        put();
        assertThat(figures.now()).isEqualTo(told);
    }

    @Test
    void thatAreToBeFreshAreNeverThoseToldBefore() {
        ContainerUsage told = put();
        assertThat(figures.fresh(LONG)).isEqualTo(told);
        assertThatThrownBy(() -> figures.fresh(Duration.ofMillis(100)))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE_EXCEEDED))
                .hasMessageContaining("c1");
        assertThat(figures.now()).as("those of old are for who asks for them").isEqualTo(told);
    }

    @Test
    void thatAreToBeFreshAreWaitedForLongerThanThoseOfStats() throws Exception {
        ContainerUsage told = put();
        assertThat(figures.now()).isEqualTo(told);
        assertThat(figures.now()).as("the guest needs longer than 80 ms").isEqualTo(told);
        CompletableFuture<ContainerUsage> fresh =
                CompletableFuture.supplyAsync(() -> figures.fresh(LONG));
        // One for the question that is under way, one for a question that begins behind its answer.
        put();
        put();
        assertThat(fresh.get(20, TimeUnit.SECONDS)).isNotEqualTo(told);
    }

    @Test
    void thatTheGuestRefusesAreAnError() {
        put();
        figures.now();
        failure = RuntimeFailure.notFound("no such container");
        put();
        assertThatThrownBy(figures::now).hasMessage("no such container");
    }

    @Test
    void thatWereNeverToldAreAnError() {
        assertThatThrownBy(figures::now)
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE_EXCEEDED))
                .hasMessageContaining("c1");
    }

    private ContainerUsage put() {
        ContainerUsage none = ContainerUsage.NONE;
        ContainerUsage answer =
                new ContainerUsage(
                        none.cpu(),
                        none.memory(),
                        new ContainerUsage.Pids(++put, 0),
                        none.io(),
                        none.hugePages(),
                        none.links());
        answers.add(answer);
        return answer;
    }

    private ContainerUsage answer() {
        asked.incrementAndGet();
        try {
            ContainerUsage answer = answers.take();
            RuntimeFailure instead = failure;
            if (instead != null) {
                throw instead;
            }
            return answer;
        } catch (InterruptedException e) {
            throw RuntimeFailure.unavailable("interrupted", e);
        }
    }
}
