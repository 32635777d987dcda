package io.saya.shim.trace;

import io.saya.event.TaskEvent;
import io.saya.guest.StartClock;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.StopTimes;
import io.saya.shim.service.CallBody;
import io.saya.shim.service.CallTracer;
import io.saya.trace.TraceParent;
import io.saya.ttrpc.TtrpcException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes spans: one for the start with one for each phase, one for each call of containerd that
 * changes something, and in the kill of a sandbox one for the guest's end and one for the VM's.
 * Thread safe.
 */
public final class SandboxTracer implements CallTracer, AutoCloseable {
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** Calls that are only looks are left out: an orchestrator makes many. */
    private static final Set<String> TRACED =
            Set.of("Create", "Start", "Exec", "Kill", "Delete", "Update", "Pause", "Resume");

    private final Sandbox sandbox;
    private final SpanExporter exporter;

    /**
     * @param endpoint {@code jaeger_endpoint}; empty: the node's own collector
     * @throws IllegalArgumentException for an endpoint that is none
     */
    public SandboxTracer(Sandbox sandbox, String endpoint, String user, String password) {
        this.sandbox = sandbox;
        this.exporter =
                new SpanExporter(
                        OtlpEndpoint.of(endpoint, user, password),
                        List.of(
                                Map.entry("service.name", "saya"),
                                Map.entry("saya.sandbox", sandbox.identity().id()),
                                Map.entry("saya.namespace", sandbox.identity().namespace())));
    }

    /**
     * Something happened to a task; returns at once. With the start of the sandbox container the
     * start of the sandbox is over, and its phases become spans.
     */
    public void happened(TaskEvent event) {
        if (event instanceof TaskEvent.Start(String container, int _)
                && container.equals(sandbox.identity().id())) {
            started();
        }
    }

    private void started() {
        StartClock clock = sandbox.clock();
        TraceParent root = TraceParent.begun();
        long at = clock.startedAt() * NANOS_PER_MILLI;
        long begin = at;
        for (StartClock.Timed timed : clock.phases()) {
            long end = at + timed.millis() * NANOS_PER_MILLI;
            String name = "start " + timed.phase().word().toLowerCase(Locale.ROOT);
            exporter.add(Span.inner(root.child(), root.spanId(), name, new Span.Time(at, end)));
            at = end;
        }
        exporter.add(Span.inner(root, "", "start", new Span.Time(begin, at)));
    }

    @Override
    public <R> R traced(
            String method, String container, String exec, Optional<String> caller, CallBody<R> body)
            throws TtrpcException, InterruptedException {
        if (!TRACED.contains(method)) {
            return body.run();
        }
        Optional<TraceParent> above = caller.flatMap(TraceParent::parse);
        TraceParent place = above.map(TraceParent::child).orElseGet(TraceParent::begun);
        long start = now();
        String error = "";
        try {
            return place.<R, Exception>call(body::run);
        } catch (TtrpcException | InterruptedException | RuntimeException e) {
            error = String.valueOf(e.getMessage());
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("a call throws what it does not declare", e);
        } finally {
            exporter.add(
                    new Span(
                            place,
                            above.map(TraceParent::spanId).orElse(""),
                            method.toLowerCase(Locale.ROOT),
                            true,
                            new Span.Time(start, now()),
                            List.of(
                                    Map.entry("saya.container", container),
                                    Map.entry("saya.exec", exec)),
                            error));
            if (method.equals("Kill")) {
                sandbox.stopTimes().ifPresent(times -> stop(place, times, start));
            }
        }
    }

    /** Of a stop that was over before this kill began, another one has told. */
    private void stop(TraceParent kill, StopTimes times, long since) {
        long offset = now() - System.nanoTime();
        if (times.vmEndedNanos() + offset < since) {
            return;
        }
        exporter.add(
                part(
                        kill,
                        "kill guest",
                        times.begunNanos() + offset,
                        times.guestEndedNanos() + offset));
        exporter.add(
                part(
                        kill,
                        "kill VM",
                        times.guestEndedNanos() + offset,
                        times.vmEndedNanos() + offset));
    }

    private static Span part(TraceParent kill, String name, long start, long end) {
        return Span.inner(kill.child(), kill.spanId(), name, new Span.Time(start, end));
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
    }

    /** Returns what became of the spans so far. */
    public SpanCounts counts() {
        return new SpanCounts(exporter.exported(), exporter.dropped(), exporter.failed());
    }

    /** Sends what waits, for at most a second. */
    @Override
    public void close() {
        exporter.close();
    }
}
