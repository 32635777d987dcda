package io.saya.monitor.scrape;

import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.node.SandboxRuntime;
import io.saya.monitor.text.Exposition;
import io.saya.monitor.text.SeriesPool;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Asks sandboxes for their metrics, a virtual thread each. Thread safe; calls block. */
public final class Scraper implements AutoCloseable {
    private static final String ACCEPT = "text/plain;version=0.0.4";

    /** Beyond that, most of them have gone. */
    private static final int MAX_KNOWN = 4096;

    private final UnixHttp http = new UnixHttp();
    private final ScrapeLimits limits;

    /**
     * How sandboxes did when they were asked last. Those that answer come first and those that were
     * late come last, so however many are silent, they delay nobody who answers for more rounds
     * than it takes to ask each of them once.
     */
    private final Map<String, Standing> standings = new ConcurrentHashMap<>();

    /** In the order in which they are asked. */
    private enum Standing {
        ANSWERS,
        UNKNOWN,
        LATE
    }

    /** A scraper within these limits. */
    public Scraper(ScrapeLimits limits) {
        this.limits = limits;
    }

    /**
     * Asks all of them, and returns when each has answered or failed.
     *
     * @param patience the caller's own limit; the smaller one counts
     * @return one result for each, in no order
     */
    public List<Scraped> round(Collection<MonitoredSandbox> sandboxes, Duration patience) {
        ScrapeLimits bounds =
                patience.compareTo(limits.round()) < 0 ? limits.within(patience) : limits;
        Round round = new Round(bounds);
        List<MonitoredSandbox> order = new ArrayList<>(sandboxes);
        if (standings.size() > MAX_KNOWN) {
            standings.clear();
        }
        // Copied first: a sandbox's standing may change while this sorts.
        Map<String, Standing> before = Map.copyOf(standings);
        order.sort(
                Comparator.comparing(
                        sandbox -> before.getOrDefault(sandbox.id(), Standing.UNKNOWN)));
        List<Future<Scraped>> asked = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("scrape ", 0).factory())) {
            for (MonitoredSandbox sandbox : order) {
                boolean place = round.takePlace();
                asked.add(
                        threads.submit(() -> place ? round.ask(sandbox) : round.notAsked(sandbox)));
            }
        }
        return asked.stream().map(Future::resultNow).toList();
    }

    /**
     * Another page of a sandbox's management socket.
     *
     * @throws ScrapeFailure if it cannot be had
     */
    public byte[] page(MonitoredSandbox sandbox, String target) throws ScrapeFailure {
        return http.get(sandbox.socket(), target, "*/*", limits.bytes(), limits.sandbox());
    }

    @Override
    public void close() {
        http.close();
    }

    /** What the sandboxes of one round share. */
    private final class Round {
        private final ScrapeLimits bounds;
        private final long end;
        private final Semaphore places;
        private final SeriesPool pool;

        Round(ScrapeLimits bounds) {
            this.bounds = bounds;
            this.end = System.nanoTime() + bounds.round().toNanos();
            this.places = new Semaphore(bounds.parallel());
            this.pool = new SeriesPool(bounds.roundText(), bounds.roundSeries());
        }

        /** Waits for a place, so that they are asked in their order; false: the time is over. */
        boolean takePlace() {
            try {
                return places.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        Scraped notAsked(MonitoredSandbox sandbox) {
            return new Scraped.Failed(
                    sandbox,
                    Instant.now(),
                    FailureReason.TIMEOUT,
                    sandbox.socket() + ": others took the whole time of the round");
        }

        Scraped ask(MonitoredSandbox sandbox) {
            long begun = System.nanoTime();
            try {
                // Before the daemon listens there is no socket; its guest boots.
                if (!Files.exists(sandbox.socket())) {
                    return new Scraped.Booting(sandbox, Instant.now());
                }
                Scraped answered = answered(sandbox);
                standings.put(sandbox.id(), Standing.ANSWERS);
                return answered;
            } catch (ScrapeFailure e) {
                if (e.reason() != FailureReason.TIMEOUT) {
                    standings.put(sandbox.id(), Standing.UNKNOWN);
                } else if (hadFairTime(begun)) {
                    standings.put(sandbox.id(), Standing.LATE);
                }
                return new Scraped.Failed(
                        sandbox, Instant.now(), e.reason(), String.valueOf(e.getMessage()));
            } finally {
                places.release();
            }
        }

        /**
         * True if a sandbox had time to answer: one that was asked when the round was about to end
         * is not to be called late.
         */
        private boolean hadFairTime(long begun) {
            long whole = Math.min(bounds.sandbox().toNanos(), bounds.round().toNanos());
            return end - begun >= whole / 2;
        }

        private Scraped answered(MonitoredSandbox sandbox) throws ScrapeFailure {
            long begun = System.nanoTime();
            long left = Math.min(bounds.sandbox().toNanos(), end - begun);
            byte[] body =
                    http.get(
                            sandbox.socket(),
                            "/metrics",
                            ACCEPT,
                            bounds.bytes(),
                            Duration.ofNanos(Math.max(0, left)));
            Exposition exposition =
                    Exposition.parse(
                            body, pool, bounds.series(), sandbox.runtime() == SandboxRuntime.KATA);
            return new Scraped.Answered(
                    sandbox,
                    Instant.now(),
                    Duration.ofNanos(System.nanoTime() - begun),
                    exposition);
        }
    }
}
