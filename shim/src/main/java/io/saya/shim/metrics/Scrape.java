package io.saya.shim.metrics;

import io.saya.container.Container;
import io.saya.sandbox.Sandbox;
import io.saya.shim.trace.SpanCounts;
import io.saya.task.Tasks;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Answers scrapes, one at a time; blocks for as long as the guest may take. What it remembers from
 * one to the next is what the host and the guest do not: containers that are gone, names, what was
 * dropped. Takes the lock of the sandbox only to list its containers. Not thread safe.
 */
final class Scrape {
    static final Metric TRACE_SPANS_TOTAL =
            Metric.counter(
                    "saya_trace_spans_total", "Spans of traces by what became of them", "result");
    static final Metric GUEST_ANSWERED =
            Metric.gauge("saya_guest_answered", "Whether the agent answered this scrape in time");
    static final Metric GUEST_METRICS_DROPPED_TOTAL =
            Metric.counter(
                    "saya_guest_metrics_dropped_total",
                    "What was left out of the guest's answers",
                    "reason");
    static final Metric SCRAPES_TOTAL =
            Metric.counter("saya_scrapes_total", "Answers before this one");
    static final Metric SCRAPE_CPU_SECONDS_TOTAL =
            Metric.counter("saya_scrape_cpu_seconds_total", "Processor time of the shim for them");

    private final Sandbox sandbox;
    private final Tasks tasks;
    private final SandboxCounts counts;
    private final Supplier<Optional<SpanCounts>> spans;
    private final DropCounts drops = new DropCounts();
    private final ContainerSamples containers = new ContainerSamples();
    private final JvmSamples jvm = new JvmSamples();
    private final PodOverhead overhead = new PodOverhead();
    private final Exposition out = new Exposition();
    private long scrapes;
    private long cpuNanos;

    Scrape(
            Sandbox sandbox,
            Tasks tasks,
            SandboxCounts counts,
            Supplier<Optional<SpanCounts>> spans) {
        this.sandbox = sandbox;
        this.tasks = tasks;
        this.counts = counts;
        this.spans = spans;
    }

    /** The answer to one scrape. */
    String answer(TextFormat format) {
        long cpuBefore = ownCpu();
        out.begin(format);
        GuestReading guest = GuestReading.of(sandbox, tasks);
        // Right behind the guest's figures, which they are compared with.
        HostProcesses host = HostProcesses.read(sandbox);
        List<Container> all = sandbox.tasks().all();
        SandboxSamples.write(sandbox, counts, out);
        CallSamples.write(counts, out);
        ProcessSamples.write(host, out);
        VmmSamples.write(sandbox.vmmPid(), out);
        jvm.write(out);
        containers.write(guest, all, out);
        overhead.write(host, guest, all, out);
        out.add(GUEST_ANSWERED, guest.answered() ? 1 : 0);
        guest.metrics().ifPresent(told -> out.add(GuestText.read(told, drops)));
        for (DropReason reason : DropReason.values()) {
            out.add(GUEST_METRICS_DROPPED_TOTAL, drops.of(reason), reason.word());
        }
        spans.get().ifPresent(each -> spans(each, out));
        out.add(SCRAPES_TOTAL, scrapes);
        out.addNanos(SCRAPE_CPU_SECONDS_TOTAL, cpuNanos);
        String text = out.text();
        scrapes++;
        cpuNanos += Math.max(0, ownCpu() - cpuBefore);
        return text;
    }

    private static void spans(SpanCounts spans, Exposition out) {
        out.add(TRACE_SPANS_TOTAL, spans.exported(), "exported");
        out.add(TRACE_SPANS_TOTAL, spans.dropped(), "dropped");
        out.add(TRACE_SPANS_TOTAL, spans.failed(), "failed");
    }

    /**
     * The processor time of the whole process: a scrape's work is done by several threads, of which
     * few others run.
     */
    private static long ownCpu() {
        return ProcessReading.cpuNanos(ProcFile.text(Path.of("/proc/self/stat")));
    }
}
