package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CompanionTest {

    private final Companion<AutoCloseable> companion = new Companion<>("test");
    private final AtomicInteger starts = new AtomicInteger();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    @Test
    void endsWhatRuns() throws Exception {
        companion.start(this::process);
        companion.start(this::process);
        companion.end();
        companion.end();
        assertThat(closed).isDone();
        companion.start(this::process);
        assertThat(starts).hasValue(1);
    }

    @Test
    void endDoesNotWaitForASlowStartWhichEndsByItself() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> allowed = new CompletableFuture<>();
        Thread starting =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        companion.start(
                                                () -> {
                                                    asked.complete(null);
                                                    allowed.join();
                                                    return process();
                                                });
                                    } catch (IOException e) {
                                        throw new AssertionError(e);
                                    }
                                });
        asked.get(10, TimeUnit.SECONDS);
        assertTimeoutPreemptively(Duration.ofSeconds(20), companion::end);
        assertThat(closed).isNotDone();
        allowed.complete(null);
        starting.join();
        assertThat(closed).isDone();
    }

    private AutoCloseable process() {
        starts.incrementAndGet();
        return () -> closed.complete(null);
    }
}
