package io.saya.test.monitor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Debian's Prometheus with the configuration, rules and alerts that ship, asked more often. */
final class Prometheus implements AutoCloseable {
    /** One element of an instant vector: labels, and the value behind its time. */
    private static final Pattern SAMPLE =
            Pattern.compile("\\{\"metric\":(\\{[^{}]*}),\"value\":\\[[0-9.e+]+,\"([^\"]*)\"]}");

    private static final Pattern RULE =
            Pattern.compile("\"query\":\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"");

    private final Daemon daemon;

    private Prometheus(Daemon daemon) {
        this.daemon = daemon;
    }

    /**
     * Starts it.
     *
     * @param shipped {@code packaging/observability/prometheus}
     * @param port of the monitor
     */
    static Prometheus start(Path directory, Path shipped, int port) {
        try {
            for (String rules : List.of("saya-rules.yml", "saya-alerts.yml")) {
                Files.copy(shipped.resolve(rules), directory.resolve(rules));
            }
            Path config =
                    Files.writeString(
                            directory.resolve("prometheus.yml"),
                            Files.readString(shipped.resolve("prometheus.yml"))
                                    .replace("_interval: 15s", "_interval: 10s")
                                    .replace("127.0.0.1:8090", "127.0.0.1:" + port));
            return new Prometheus(
                    Daemon.start(
                            directory,
                            Map.of(),
                            "/-/ready",
                            List.of(
                                    "prometheus",
                                    "--config.file=" + config,
                                    "--storage.tsdb.path=" + directory.resolve("data"),
                                    "--web.listen-address=127.0.0.1:%d")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The values of an expression by their labels, as JSON.
     *
     * @throws AssertionError if Prometheus refuses it
     */
    Map<String, Double> query(String expression) {
        String answer = Http.get(daemon.uri("/api/v1/query?query=" + Http.encoded(expression)));
        if (!answer.startsWith("{\"status\":\"success\"")) {
            throw new AssertionError(expression + ": " + answer);
        }
        Map<String, Double> values = new LinkedHashMap<>();
        Matcher samples = SAMPLE.matcher(answer);
        while (samples.find()) {
            values.put(
                    samples.group(1), Double.valueOf(samples.group(2).replace("Inf", "Infinity")));
        }
        return values;
    }

    /** The only value of an expression, not a number if it has none. */
    double value(String expression) {
        Map<String, Double> values = query(expression);
        if (values.size() > 1) {
            throw new AssertionError(expression + " has several values: " + values);
        }
        return values.values().stream().findFirst().orElse(Double.NaN);
    }

    /** The expressions of all rules and alerts. */
    List<String> rules() {
        List<String> rules = new ArrayList<>();
        Matcher found = RULE.matcher(Http.get(daemon.uri("/api/v1/rules")));
        while (found.find()) {
            rules.add(unescaped(found.group(1)));
        }
        return rules;
    }

    /** A string of JSON without its quotes, as far as these files need it. */
    static String unescaped(String json) {
        return json.replace("\\n", " ")
                .replace("\\u003c", "<")
                .replace("\\u003e", ">")
                .replace("\\u0026", "&")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\");
    }

    String log() {
        return daemon.log();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
