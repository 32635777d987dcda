package io.saya.monitor;

import io.saya.json.JsonArray;
import io.saya.monitor.figures.NodeFigures;
import io.saya.monitor.meter.MonitorMeters;
import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.node.NodeListener;
import io.saya.monitor.node.SandboxWatch;
import io.saya.monitor.pods.PodDirectory;
import io.saya.monitor.pods.PodIdentity;
import io.saya.monitor.scrape.Scraped;
import io.saya.monitor.scrape.Scraper;
import io.saya.monitor.text.SandboxLabels;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The sandboxes of a node and what they say: the monitor without its HTTP server. Thread safe;
 * calls that scrape block until every sandbox has answered or failed.
 */
public final class NodeMonitor implements AutoCloseable {
    private final Scraper scraper;
    private final SandboxWatch watch;
    private final PodDirectory pods;
    private final MonitorMeters meters = new MonitorMeters();
    private final NodeFigures figures = new NodeFigures();

    /** The round that is under way; guarded by this. */
    private @Nullable CompletableFuture<List<Scraped>> current;

    private volatile long lastRound = System.nanoTime() - Duration.ofHours(1).toNanos();

    private NodeMonitor(MonitorOptions options) throws IOException {
        this.scraper = new Scraper(options.limits());
        this.watch = SandboxWatch.start(options.roots(), new Counting(meters));
        this.pods = new PodDirectory(watch::all, options.criSocket());
        meters.show(() -> watch.all().size(), pods::criAnswers);
    }

    /**
     * Looks for sandboxes, and goes on looking.
     *
     * @throws IOException if the kernel gives no inotify instance
     */
    public static NodeMonitor start(MonitorOptions options) throws IOException {
        return new NodeMonitor(options);
    }

    /** The sandboxes that are there. Does not block. */
    public Collection<MonitoredSandbox> sandboxes() {
        return watch.all();
    }

    /**
     * Asks all sandboxes. A caller that comes while others wait for a round gets what that round
     * brings.
     */
    public List<Scraped> scrapeAll(Duration patience) throws InterruptedException {
        CompletableFuture<List<Scraped>> round = new CompletableFuture<>();
        CompletableFuture<List<Scraped>> underWay;
        synchronized (this) {
            underWay = current;
            if (underWay == null) {
                current = round;
            }
        }
        if (underWay != null) {
            return joined(underWay);
        }
        try {
            List<Scraped> results = scrape(watch.all(), patience);
            lastRound = System.nanoTime();
            round.complete(results);
            return results;
        } finally {
            synchronized (this) {
                current = null;
            }
            // Nothing if it was completed: who joined must not wait for ever.
            round.completeExceptionally(new IllegalStateException("the round has failed"));
        }
    }

    /** Asks some. */
    public List<Scraped> scrape(Collection<MonitoredSandbox> some, Duration patience) {
        List<Scraped> results = scraper.round(some, patience);
        meters.count(results);
        figures.add(results, watch.all());
        return results;
    }

    /** Asks all if that was not done lately. */
    public void refresh(Duration age) throws InterruptedException {
        if (System.nanoTime() - lastRound > age.toNanos()) {
            scrapeAll(Duration.ofMinutes(1));
        }
    }

    /** The figures of all sandboxes, as of the last scrapes. */
    public JsonArray sandboxesJson() {
        return figures.json(watch.all(), pods::of);
    }

    /** Labels of a sandbox's samples. */
    public String labels(MonitoredSandbox sandbox) {
        PodIdentity pod = pods.of(sandbox);
        return SandboxLabels.of(sandbox.id(), pod.name(), pod.namespace(), pod.uid());
    }

    /** The monitor's own metrics, and what it knows itself of the sandboxes of a round. */
    public String ownMetrics(List<Scraped> round) {
        return meters.text() + new RoundText(pods::of).of(round);
    }

    @Override
    public void close() throws IOException {
        pods.close();
        watch.close();
        scraper.close();
    }

    private static List<Scraped> joined(CompletableFuture<List<Scraped>> round)
            throws InterruptedException {
        try {
            // Ends by itself: a round has a limit.
            return round.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private record Counting(MonitorMeters meters) implements NodeListener {
        @Override
        public void ended(MonitoredSandbox sandbox) {
            meters.sandboxEnded();
        }

        @Override
        public void startFailed(MonitoredSandbox sandbox) {
            meters.startFailed();
        }
    }
}
