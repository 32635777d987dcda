package io.saya.monitor.figures;

import io.saya.monitor.scrape.Scraped;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The recent past of one sandbox. Guarded by itself. */
final class SandboxHistory {
    /** Half an hour at Prometheus' usual 15 s; 3 KiB. */
    private static final int MAX_POINTS = 120;

    /** Ends that nobody asked for. */
    private static final Set<String> FAILURES =
            Set.of("out_of_memory", "vm_lost", "agent_lost", "share_lost", "boot_failed");

    private static final int MAX_MESSAGE = 300;

    /**
     * A scrape.
     *
     * @param cores processors in use on average since the point before; not a number in the first
     */
    record Point(Instant at, double memory, double cores) {}

    /** Something that went wrong. */
    record Failure(Instant at, String message) {}

    private final Deque<Point> points = new ArrayDeque<>();
    private @Nullable Figures latest;
    private @Nullable Failure failure;
    private String state = "booting";

    synchronized void add(Scraped result) {
        switch (result) {
            case Scraped.Answered answered -> {
                Figures figures = Figures.of(answered.sandbox().runtime(), answered.exposition());
                noteFailures(answered.at(), figures);
                addPoint(answered.at(), figures);
                latest = figures;
                state = figures.state();
            }
            case Scraped.Failed failed -> {
                // The socket's path says no more than the sandbox's id beside it.
                String cause = failed.message().replace(failed.sandbox().socket() + ": ", "");
                note(failed.at(), "no metrics: " + failed.reason().word() + ", " + cause);
                state = "not answering";
            }
            case Scraped.Booting _ -> state = "booting";
        }
    }

    private void addPoint(Instant at, Figures figures) {
        Point last = points.peekLast();
        double cores = Double.NaN;
        Figures before = latest;
        if (last != null && before != null) {
            double passed = (at.toEpochMilli() - last.at().toEpochMilli()) / 1000.0;
            if (passed < 0.5) {
                // Two clients at once: a rate over so little time says nothing.
                return;
            }
            cores = Math.max(0, figures.host().cpuSeconds() - before.host().cpuSeconds()) / passed;
        }
        points.addLast(new Point(at, figures.host().memory(), cores));
        if (points.size() > MAX_POINTS) {
            points.removeFirst();
        }
    }

    private void noteFailures(Instant at, Figures figures) {
        if (figures.guestAnswered() == 0) {
            note(at, "the agent in the guest does not answer");
        }
        Map<String, Double> before = latest == null ? Map.of() : latest.exits();
        figures.exits()
                .forEach(
                        (cause, count) -> {
                            if (FAILURES.contains(cause)
                                    && count > before.getOrDefault(cause, 0.0)) {
                                note(at, "ended: " + cause.replace('_', ' '));
                            }
                        });
    }

    private void note(Instant at, String message) {
        failure =
                new Failure(
                        at,
                        message.length() > MAX_MESSAGE
                                ? message.substring(0, MAX_MESSAGE)
                                : message);
    }

    synchronized List<Point> points() {
        return List.copyOf(points);
    }

    synchronized @Nullable Figures latest() {
        return latest;
    }

    synchronized @Nullable Failure failure() {
        return failure;
    }

    synchronized String state() {
        return state;
    }
}
