package io.saya.monitor.meter;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.saya.monitor.scrape.FailureReason;
import io.saya.monitor.scrape.Scraped;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the monitor counts of itself. Thread safe. */
public final class MonitorMeters {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<FailureReason, Counter> failures = new EnumMap<>(FailureReason.class);
    private final Counter scrapes;
    private final Timer answers;
    private final Counter dropped;
    private final Counter startFailures;
    private final Counter ended;

    /** Registers every counter, so that it is there before it counts. */
    public MonitorMeters() {
        for (FailureReason reason : FailureReason.values()) {
            failures.put(
                    reason,
                    Counter.builder("saya.monitor.scrape.failures")
                            .description("Scrapes of a sandbox that gave no metrics.")
                            .tag("reason", reason.word())
                            .register(registry));
        }
        scrapes =
                Counter.builder("saya.monitor.scrapes")
                        .description("Scrapes of a sandbox, those that failed included.")
                        .register(registry);
        answers =
                Timer.builder("saya.monitor.sandbox.scrape.duration")
                        .description("How long a sandbox took to answer.")
                        .serviceLevelObjectives(buckets())
                        .register(registry);
        dropped =
                Counter.builder("saya.monitor.lines.dropped")
                        .description("Lines of sandboxes that were no samples, or too many.")
                        .register(registry);
        startFailures =
                Counter.builder("saya.monitor.start.failures")
                        .description("Sandboxes that went before their guest was up.")
                        .register(registry);
        ended =
                Counter.builder("saya.monitor.sandboxes.ended")
                        .description("Sandboxes that went after their guest had been up.")
                        .register(registry);
        own();
    }

    /**
     * Shows two figures of others.
     *
     * @param sandboxes how many are known
     * @param criAnswers whether containerd's CRI answered the last time
     */
    public void show(Supplier<Number> sandboxes, Supplier<Boolean> criAnswers) {
        Gauge.builder("saya.monitor.sandboxes", sandboxes)
                .description("Sandboxes that have a run directory.")
                .register(registry);
        Gauge.builder("saya.monitor.cri.up", () -> criAnswers.get() ? 1 : 0)
                .description("1 if containerd's CRI answered the last time it was asked.")
                .register(registry);
    }

    /** Counts what came of a round. */
    public void count(List<Scraped> round) {
        for (Scraped result : round) {
            switch (result) {
                case Scraped.Answered answered -> {
                    scrapes.increment();
                    answers.record(answered.took());
                    dropped.increment(answered.exposition().dropped());
                }
                case Scraped.Failed failed -> {
                    scrapes.increment();
                    Counter counter = failures.get(failed.reason());
                    if (counter != null) {
                        counter.increment();
                    }
                }
                case Scraped.Booting _ -> {
                    // Nothing was asked.
                }
            }
        }
    }

    /** Counts a sandbox that went before its guest was up. */
    public void startFailed() {
        startFailures.increment();
    }

    /** Counts a sandbox that went as sandboxes do. */
    public void sandboxEnded() {
        ended.increment();
    }

    /** Everything in Prometheus' text format, under our names and under kata-monitor's. */
    public String text() {
        return registry.scrape("text/plain; version=0.0.4") + katasNames();
    }

    private String katasNames() {
        double failed = failures.values().stream().mapToDouble(Counter::count).sum();
        return new KataText()
                .value("kata_monitor_scrape_count", "counter", scrapes.count())
                .value("kata_monitor_scrape_failed_count", "counter", failed)
                .value(
                        "kata_monitor_running_shim_count",
                        "gauge",
                        registry.get("saya.monitor.sandboxes").gauge().value())
                .value("kata_monitor_process_open_fds", "gauge", OwnProcess.openFiles())
                .value(
                        "kata_monitor_process_resident_memory_bytes",
                        "gauge",
                        OwnProcess.residentBytes())
                .histogram(
                        "kata_monitor_scrape_durations_histogram_milliseconds",
                        answers.takeSnapshot())
                .toString();
    }

    private void own() {
        FunctionCounter.builder("process.cpu.seconds", this, _ -> OwnProcess.cpuSeconds())
                .description("Processor time of the monitor.")
                .register(registry);
        Gauge.builder("process.resident.memory.bytes", OwnProcess::residentBytes)
                .description("Memory of the monitor that is in RAM.")
                .register(registry);
        Gauge.builder("process.open.fds", OwnProcess::openFiles)
                .description("Open descriptors of the monitor.")
                .register(registry);
        Gauge.builder("process.start.time.seconds", OwnProcess::startTime)
                .description("When the monitor started, since 1970.")
                .register(registry);
    }

    /** 1 ms to 8 s, doubled. */
    private static Duration[] buckets() {
        Duration[] buckets = new Duration[14];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = Duration.ofMillis(1L << i);
        }
        return buckets;
    }
}
