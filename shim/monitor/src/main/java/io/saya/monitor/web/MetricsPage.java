package io.saya.monitor.web;

import com.sun.net.httpserver.HttpExchange;
import io.saya.monitor.NodeMonitor;
import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.scrape.Scraped;
import io.saya.monitor.text.MergedText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** {@code /metrics}: of all sandboxes, or of those that {@code sandbox=} names. */
final class MetricsPage {
    /** Answers that are made at once: each holds what all sandboxes have said. */
    private static final int AT_ONCE = 2;

    /** Of the time that Prometheus gives, what is left for writing the answer. */
    private static final Duration FOR_WRITING = Duration.ofMillis(500);

    private final NodeMonitor monitor;
    private final Semaphore places = new Semaphore(AT_ONCE);

    MetricsPage(NodeMonitor monitor) {
        this.monitor = monitor;
    }

    void answer(HttpExchange exchange) throws IOException, InterruptedException {
        Duration patience = patience(exchange);
        if (!places.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            exchange.getResponseHeaders().set("Retry-After", "5");
            Reply.text(exchange, 503, "others are being answered; ask again\n");
            return;
        }
        try {
            List<String> ids = Query.values(exchange.getRequestURI(), "sandbox");
            Predicate<String> wanted =
                    families(Query.values(exchange.getRequestURI(), "filter_family"));
            if (ids.isEmpty()) {
                send(exchange, monitor.scrapeAll(patience), wanted);
                return;
            }
            List<MonitoredSandbox> named =
                    monitor.sandboxes().stream()
                            .filter(sandbox -> ids.contains(sandbox.id()))
                            .toList();
            if (named.isEmpty()) {
                Reply.text(exchange, 404, "no such sandbox; /sandboxes lists them\n");
                return;
            }
            send(exchange, monitor.scrape(named, patience), wanted);
        } finally {
            places.release();
        }
    }

    private void send(HttpExchange exchange, List<Scraped> round, Predicate<String> wanted)
            throws IOException {
        MergedText merged = new MergedText();
        for (Scraped result : round) {
            if (result instanceof Scraped.Answered answered) {
                merged.add(answered.exposition(), monitor.labels(answered.sandbox()), wanted);
            }
        }
        String own = OwnText.wanted(monitor.ownMetrics(round), wanted);
        Reply.stream(
                exchange,
                Reply.METRICS,
                out -> {
                    out.write(own.getBytes(StandardCharsets.UTF_8));
                    merged.writeTo(out);
                });
    }

    /** By the beginning of their names, as kata-monitor does. */
    private static Predicate<String> families(List<String> prefixes) {
        return prefixes.isEmpty()
                ? _ -> true
                : name -> prefixes.stream().anyMatch(name::startsWith);
    }

    private static Duration patience(HttpExchange exchange) {
        String seconds =
                exchange.getRequestHeaders().getFirst("X-Prometheus-Scrape-Timeout-Seconds");
        if (seconds != null && seconds.matches("[0-9]{1,4}(\\.[0-9]{1,9})?")) {
            long millis = (long) (Double.parseDouble(seconds) * 1000) - FOR_WRITING.toMillis();
            return Duration.ofMillis(Math.max(millis, FOR_WRITING.toMillis()));
        }
        return Duration.ofMinutes(1);
    }
}
