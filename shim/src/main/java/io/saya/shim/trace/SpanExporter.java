package io.saya.shim.trace;

import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends spans in a thread of its own. A thread that has a span hands it over and goes on: what
 * finds no place is counted and gone, and so is what a collector that is away does not take. Thread
 * safe.
 */
final class SpanExporter {
    /** Spans that may wait: some 400 KiB. */
    static final int WAITING = 1024;

    private static final Log LOG = Log.of("trace");
    private static final int BATCH = 128;
    private static final Duration GATHER = Duration.ofMillis(500);

    /** After a failure, so that a collector that is away costs nothing. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final Duration FLUSH_LIMIT = Duration.ofSeconds(1);

    private final OtlpEndpoint endpoint;
    private final List<Map.Entry<String, String>> resource;
    private final BlockingQueue<Span> waiting = new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong exported = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final Thread sender;
    private volatile boolean closing;

    SpanExporter(OtlpEndpoint endpoint, List<Map.Entry<String, String>> resource) {
        this.endpoint = endpoint;
        this.resource = List.copyOf(resource);
        // No virtual thread: to look a name up holds its carrier, of which a daemon has few.
        this.sender = Thread.ofPlatform().daemon().name("traces").start(this::run);
    }

    void add(Span span) {
        if (!waiting.offer(span)) {
            dropped.incrementAndGet();
        }
    }

    long exported() {
        return exported.get();
    }

    long dropped() {
        return dropped.get();
    }

    long failed() {
        return failed.get();
    }

    /** Sends what waits, for at most a second. */
    void close() {
        closing = true;
        if (!Waited.happens(FLUSH_LIMIT, nanos -> sender.join(Duration.ofNanos(nanos)))) {
            LOG.warn("spans are lost: the collector does not take them", "spans", waiting.size());
        }
    }

    private void run() {
        boolean _ = Waited.untilInterrupted(this::sendAll);
    }

    private void sendAll() throws InterruptedException {
        boolean told = false;
        while (!closing || !waiting.isEmpty()) {
            List<Span> batch = batch();
            if (batch.isEmpty()) {
                continue;
            }
            try {
                endpoint.send(OtlpMessage.of(resource, batch));
                exported.addAndGet(batch.size());
                told = false;
            } catch (IOException | RuntimeException | Error e) {
                failed.addAndGet(batch.size());
                if (!told) {
                    LOG.warn("spans are not taken", "endpoint", endpoint.host(), "error", e);
                }
                told = true;
                if (!closing) {
                    Thread.sleep(PAUSE);
                }
            }
        }
    }

    private List<Span> batch() throws InterruptedException {
        List<Span> batch = new ArrayList<>();
        Span first = waiting.poll(GATHER.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
            batch.add(first);
            waiting.drainTo(batch, BATCH - 1);
        }
        return batch;
    }
}
