package io.saya.monitor.figures;

import io.saya.json.JsonArray;
import io.saya.json.JsonNull;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.pods.PodIdentity;
import io.saya.monitor.scrape.Scraped;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The figures of all sandboxes and their recent past, as JSON. Nothing is asked for it: every
 * scrape adds a point, whoever wanted it, since asking a daemon costs the daemon. Thread safe.
 */
public final class NodeFigures {
    private final Map<String, SandboxHistory> histories = new ConcurrentHashMap<>();

    /** Takes what came of a round; sandboxes that {@code living} does not name are forgotten. */
    public void add(List<Scraped> round, Collection<MonitoredSandbox> living) {
        Set<String> ids = living.stream().map(MonitoredSandbox::id).collect(Collectors.toSet());
        histories.keySet().retainAll(ids);
        for (Scraped result : round) {
            if (ids.contains(result.sandbox().id())) {
                histories
                        .computeIfAbsent(result.sandbox().id(), _ -> new SandboxHistory())
                        .add(result);
            }
        }
    }

    /** One object a sandbox, by id; README.md has the members. */
    public JsonArray json(
            Collection<MonitoredSandbox> sandboxes, Function<MonitoredSandbox, PodIdentity> pods) {
        List<JsonValue> all = new ArrayList<>();
        sandboxes.stream()
                .sorted(Comparator.comparing(MonitoredSandbox::id))
                .forEach(sandbox -> all.add(json(sandbox, pods.apply(sandbox))));
        return new JsonArray(all);
    }

    private JsonObject json(MonitoredSandbox sandbox, PodIdentity pod) {
        SandboxHistory history = histories.getOrDefault(sandbox.id(), new SandboxHistory());
        JsonObject.Builder json =
                JsonObject.builder()
                        .put("id", sandbox.id())
                        .put("runtime", sandbox.runtime().word())
                        .put("namespace", sandbox.namespace())
                        .put("pod", pod.name())
                        .put("pod_namespace", pod.namespace())
                        .put("pod_uid", pod.uid())
                        .put("runtime_handler", pod.runtimeHandler())
                        .put("state", history.state());
        Figures figures = history.latest();
        if (figures != null) {
            List<JsonValue> phases = new ArrayList<>();
            figures.phases()
                    .forEach(
                            (phase, seconds) ->
                                    phases.add(
                                            JsonObject.builder()
                                                    .put("phase", phase)
                                                    .put("seconds", number(seconds))
                                                    .build()));
            json.put("started_at", number(figures.startTime()))
                    .put("memory_bytes", number(figures.host().memory()))
                    .put("overhead_memory_bytes", number(figures.host().overheadMemory()))
                    .put("cpu_seconds", number(figures.host().cpuSeconds()))
                    .put("containers", number(figures.containers()))
                    .put("phases", new JsonArray(phases));
        }
        SandboxHistory.Failure failure = history.failure();
        if (failure != null) {
            json.put("last_failure", failure.message())
                    .put("last_failure_at", seconds(failure.at().toEpochMilli()));
        }
        List<JsonValue> points = new ArrayList<>();
        JsonValue cores = JsonNull.NULL;
        for (SandboxHistory.Point point : history.points()) {
            cores = number(point.cores());
            points.add(
                    new JsonArray(
                            List.of(
                                    seconds(point.at().toEpochMilli()),
                                    number(point.memory()),
                                    cores)));
        }
        return json.put("cpu_cores", cores).put("history", new JsonArray(points)).build();
    }

    private static JsonValue seconds(long millis) {
        return number(millis / 1000.0);
    }

    /** To the millionth; null for what JSON has no number for. */
    private static JsonValue number(double value) {
        if (!Double.isFinite(value)) {
            return JsonNull.NULL;
        }
        return new JsonNumber(
                new BigDecimal(value)
                        .setScale(6, RoundingMode.HALF_UP)
                        .stripTrailingZeros()
                        .toPlainString());
    }
}
