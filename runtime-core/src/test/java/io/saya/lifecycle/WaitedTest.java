package io.saya.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WaitedTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @AfterEach
    void forgetTheInterrupt() {
        var _ = Thread.interrupted();
    }

    @Test
    void whatIsThereIsReturnedThoughTheThreadIsInterrupted() {
        Thread.currentThread().interrupt();
        assertThat(Waited.on(CompletableFuture.completedFuture("x"), Duration.ZERO))
                .isEqualTo(new Waited.Done<>("x"));
    }

    @Test
    void aLimitEndsTheWaitAndNotWhatIsWaitedFor() {
        CompletableFuture<String> future = new CompletableFuture<>();
        assertThat(Waited.on(future, Duration.ofMillis(1))).isEqualTo(new Waited.TimedOut<>());
        assertThat(Waited.on(future, Duration.ofSeconds(-1))).isEqualTo(new Waited.TimedOut<>());
        assertThat(future).isNotDone();
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() {
        CompletableFuture<String> future = new CompletableFuture<>();
        Thread.currentThread().interrupt();
        assertThat(Waited.on(future, LONG)).isEqualTo(new Waited.Interrupted<>());
        assertThat(Waited.on(future)).isEqualTo(new Waited.Interrupted<>());
        assertThat(Waited.pause(LONG)).isFalse();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(future).isNotDone();
    }

    @Test
    void aFailureIsThatOfWhatIsWaitedFor() {
        RuntimeFailure gone = RuntimeFailure.notFound("gone");
        assertThat(Waited.on(CompletableFuture.failedFuture(gone), LONG))
                .isEqualTo(new Waited.Failed<>(gone));
        RuntimeFailure again = new Waited.Failed<>(gone).failure("look");
        assertThat(again).isNotSameAs(gone).hasMessage("gone").hasCause(gone);
        assertThat(again.kind()).isEqualTo(RuntimeFailure.Kind.NOT_FOUND);
        RuntimeFailure odd = new Waited.Failed<>(new IllegalStateException("odd")).failure("look");
        assertThat(odd).hasMessage("look: java.lang.IllegalStateException: odd");
        assertThat(odd.kind()).isEqualTo(RuntimeFailure.Kind.INTERNAL);
    }

    @Test
    void whatIsCancelledHasFailed() {
        CompletableFuture<String> future = new CompletableFuture<>();
        future.cancel(false);
        assertThat(Waited.on(future) instanceof Waited.Failed(CancellationException _)).isTrue();
    }

    @Test
    void thePatienceIsAskedAfterEachGlance() {
        CompletableFuture<String> future = new CompletableFuture<>();
        AtomicInteger asked = new AtomicInteger();
        Patience patience = () -> asked.incrementAndGet() == 3;
        assertThat(Waited.on(future, patience, Duration.ofMillis(1)))
                .isEqualTo(new Waited.TimedOut<>());
        assertThat(asked).hasValue(3);
    }

    @Test
    void whatMustHaveHappenedIsWaitedForRegardlessOfAnInterrupt() throws Exception {
        CompletableFuture<String> future = new CompletableFuture<>();
        Thread.currentThread().interrupt();
        Thread late = Thread.ofVirtual().start(() -> future.complete("x"));
        assertThat(Waited.regardless(future, LONG)).isEqualTo(new Waited.Done<>("x"));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(late.join(LONG)).isTrue();
    }

    @Test
    void aLatchIsWaitedForLikeAFuture() {
        CountDownLatch latch = new CountDownLatch(1);
        Waited.Wait wait = nanos -> latch.await(nanos, TimeUnit.NANOSECONDS);
        assertThat(Waited.happens(Duration.ofMillis(1), wait)).isFalse();
        latch.countDown();
        assertThat(Waited.happens(LONG, wait)).isTrue();
    }
}
