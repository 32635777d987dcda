package io.saya.shim.metrics;

import io.saya.lifecycle.Waited;
import io.saya.sandbox.Sandbox;
import io.saya.shim.management.Page;
import io.saya.shim.management.Request;
import io.saya.shim.trace.SpanCounts;
import io.saya.task.Tasks;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /metrics}. What is scraped is loaded with the first request. Scrapes wait for one another,
 * so that ten scrapers cost a guest no more than one at a time. Thread safe.
 */
public final class MetricsPage implements Page {
    /** Limit for a scrape to wait for the one before it, so that both take less than 5 s. */
    private static final Duration TURN_LIMIT = Duration.ofMillis(2_500);

    private final Sandbox sandbox;
    private final Tasks tasks;
    private final SandboxCounts counts;
    private final Supplier<Optional<SpanCounts>> spans;
    private final ReentrantLock turn = new ReentrantLock();
    // Guarded by turn.
    private @Nullable Scrape scrape;

    /**
     * A page of a sandbox.
     *
     * @param spans what became of the spans; empty where there are no traces
     */
    public MetricsPage(
            Sandbox sandbox,
            Tasks tasks,
            SandboxCounts counts,
            Supplier<Optional<SpanCounts>> spans) {
        this.sandbox = sandbox;
        this.tasks = tasks;
        this.counts = counts;
        this.spans = spans;
    }

    @Override
    public Answer answer(Request request) {
        TextFormat format = TextFormat.of(request.accept());
        if (!Waited.happens(TURN_LIMIT, nanos -> turn.tryLock(nanos, TimeUnit.NANOSECONDS))) {
            throw new IllegalStateException(
                    "other scrapes have waited for the guest for " + TURN_LIMIT.toMillis() + " ms");
        }
        try {
            Scrape current = scrape;
            if (current == null) {
                current = new Scrape(sandbox, tasks, counts, spans);
                scrape = current;
            }
            return new Answer(format.contentType(), current.answer(format));
        } finally {
            turn.unlock();
        }
    }
}
