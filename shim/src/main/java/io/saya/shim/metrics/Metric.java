package io.saya.shim.metrics;

import java.util.List;

/**
 * A metric of a sandbox. Those that there are stand beside what writes them; their sources and
 * meaning stand in shim/metrics.md, which a test keeps equal to them.
 *
 * @param name as it is scraped; a counter's with {@code _total}
 * @param labels the names of its labels, in the order in which their values are given
 */
record Metric(String name, Type type, String help, List<String> labels) {

    /** The types of metrics that Prometheus knows. */
    enum Type {
        COUNTER("counter"),
        GAUGE("gauge"),
        HISTOGRAM("histogram");

        private final String word;

        Type(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    static Metric counter(String name, String help, String... labels) {
        return new Metric(name, Type.COUNTER, help, List.of(labels));
    }

    static Metric gauge(String name, String help, String... labels) {
        return new Metric(name, Type.GAUGE, help, List.of(labels));
    }

    static Metric histogram(String name, String help, String... labels) {
        return new Metric(name, Type.HISTOGRAM, help, List.of(labels));
    }
}
