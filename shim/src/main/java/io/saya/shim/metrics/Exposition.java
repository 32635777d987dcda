package io.saya.shim.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answer to a scrape while it is made: samples in any order, written out by family, as both
 * formats want it. For one answer after the other; not thread safe.
 */
final class Exposition {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final double NANOS_PER_MILLI = 1e6;

    /** Kata's histograms end at 512 ms. */
    private static final int KATA_BOUNDS = 10;

    /** Characters that are kept for the next answer; a guest may once tell much more. */
    private static final int KEPT = 256 << 10;

    private TextFormat format = TextFormat.PROMETHEUS;
    private final Map<Metric, StringBuilder> families = new LinkedHashMap<>();
    private final List<GuestText.Family> guest = new ArrayList<>();
    private StringBuilder text = new StringBuilder();

    /**
     * Begins anew. What was grown for the answer before is used again: to grow it each time would
     * be most of the garbage of a scrape, and much of it would outlive the next collection.
     */
    void begin(TextFormat wanted) {
        format = wanted;
        families.values().forEach(samples -> samples.setLength(0));
        guest.clear();
        if (text.capacity() > KEPT) {
            text = new StringBuilder();
        }
        text.setLength(0);
    }

    /** A sample with a whole number. */
    void add(Metric metric, long value, String... labelValues) {
        start(metric, "", labelValues).append(value).append('\n');
    }

    /** A sample with a fraction. */
    void add(Metric metric, double value, String... labelValues) {
        start(metric, "", labelValues).append(value).append('\n');
    }

    /** A sample in seconds. */
    void addNanos(Metric metric, long nanos, String... labelValues) {
        appendSeconds(start(metric, "", labelValues), nanos).append('\n');
    }

    /** A histogram in seconds. */
    void addSeconds(Metric metric, DurationHistogram.Reading reading, String... labelValues) {
        long below = 0;
        for (int i = 0; i < DurationHistogram.BOUNDS; i++) {
            below += reading.count(i);
            StringBuilder bound = new StringBuilder();
            appendSeconds(bound, DurationHistogram.boundMillis(i) * 1_000_000);
            bucket(metric, bound.toString(), below, labelValues);
        }
        bucket(metric, "+Inf", reading.count(), labelValues);
        StringBuilder sum = start(metric, "_sum", labelValues);
        appendSeconds(sum, reading.sumNanos()).append('\n');
        start(metric, "_count", labelValues).append(reading.count()).append('\n');
    }

    /** A histogram with Kata's buckets in milliseconds. */
    void addMillis(Metric metric, DurationHistogram.Reading reading, String... labelValues) {
        long below = 0;
        for (int i = 0; i < KATA_BOUNDS; i++) {
            below += reading.count(i);
            bucket(metric, Long.toString(DurationHistogram.boundMillis(i)), below, labelValues);
        }
        bucket(metric, "+Inf", reading.count(), labelValues);
        start(metric, "_sum", labelValues)
                .append(reading.sumNanos() / NANOS_PER_MILLI)
                .append('\n');
        start(metric, "_count", labelValues).append(reading.count()).append('\n');
    }

    /** What the guest told, after it was checked. */
    void add(List<GuestText.Family> families) {
        guest.addAll(families);
    }

    private void bucket(Metric metric, String bound, long count, String... labelValues) {
        StringBuilder out = line(metric).append(metric.name()).append("_bucket{");
        appendLabels(out, metric, labelValues);
        if (labelValues.length > 0) {
            out.append(',');
        }
        // OpenMetrics wants a bound to be a float.
        boolean whole =
                format == TextFormat.OPENMETRICS
                        && bound.indexOf('.') < 0
                        && bound.charAt(0) != '+';
        out.append("le=\"").append(bound).append(whole ? ".0\"} " : "\"} ");
        out.append(count).append('\n');
    }

    private StringBuilder start(Metric metric, String suffix, String... labelValues) {
        if (labelValues.length != metric.labels().size()) {
            throw new IllegalArgumentException(
                    metric.name()
                            + ": "
                            + labelValues.length
                            + " label values (expected: "
                            + metric.labels()
                            + ")");
        }
        StringBuilder out = line(metric).append(metric.name()).append(suffix);
        if (labelValues.length > 0) {
            out.append('{');
            appendLabels(out, metric, labelValues);
            out.append('}');
        }
        return out.append(' ');
    }

    private StringBuilder line(Metric metric) {
        return families.computeIfAbsent(metric, _ -> new StringBuilder());
    }

    private static void appendLabels(StringBuilder out, Metric metric, String... labelValues) {
        for (int i = 0; i < labelValues.length; i++) {
            out.append(i == 0 ? "" : ",").append(metric.labels().get(i)).append("=\"");
            appendEscaped(out, labelValues[i]);
            out.append('"');
        }
    }

    /** Both formats escape alike; what is no character of a text becomes a question mark. */
    static void appendEscaped(StringBuilder out, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(Character.isISOControl(c) || c > '~' ? '?' : c);
            }
        }
    }

    /** Without a float's rounding, and without garbage. */
    private static StringBuilder appendSeconds(StringBuilder out, long nanos) {
        long positive = Math.max(0, nanos);
        out.append(positive / NANOS_PER_SECOND);
        long rest = positive % NANOS_PER_SECOND;
        if (rest == 0) {
            return out.append(".0");
        }
        out.append('.');
        for (long unit = NANOS_PER_SECOND / 10; rest < unit; unit /= 10) {
            out.append('0');
        }
        while (rest % 10 == 0) {
            rest /= 10;
        }
        return out.append(rest);
    }

    /** The whole text. */
    String text() {
        StringBuilder out = text;
        families.forEach(
                (metric, samples) -> {
                    if (!samples.isEmpty()) {
                        head(out, familyName(metric), metric.help(), metric.type().word());
                        out.append(samples);
                    }
                });
        for (GuestText.Family family : guest) {
            family.append(out, format);
        }
        if (format == TextFormat.OPENMETRICS) {
            out.append("# EOF\n");
        }
        return out.toString();
    }

    static void head(StringBuilder out, String name, String help, String type) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /** OpenMetrics has a counter's family without the suffix of its samples. */
    private String familyName(Metric metric) {
        String name = metric.name();
        return format == TextFormat.OPENMETRICS && metric.type() == Metric.Type.COUNTER
                ? name.substring(0, name.length() - "_total".length())
                : name;
    }
}
