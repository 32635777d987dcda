package io.saya.monitor.text;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Many sandboxes' answers as one: Prometheus wants all lines of a family together, so they are
 * written by family, each sample with its sandbox's labels. Used by one thread.
 */
public final class MergedText {
    /** All whole numbers below it are exact. */
    private static final double WHOLE = 1L << 53;

    /** Sandboxes that say something of a family, by the family's name. */
    private final Map<String, List<Part>> families = new TreeMap<>();

    private record Part(Family family, String labels) {}

    /**
     * Adds a sandbox's answer.
     *
     * @param labels see {@link SandboxLabels}
     * @param wanted which families, by name
     */
    public void add(Exposition exposition, String labels, Predicate<String> wanted) {
        exposition
                .families()
                .forEach(
                        (name, family) -> {
                            if (wanted.test(name)) {
                                families.computeIfAbsent(name, _ -> new ArrayList<>())
                                        .add(new Part(family, labels));
                            }
                        });
    }

    /**
     * Writes everything. Blocks while the reader is slow.
     *
     * @throws IOException if the reader has gone
     */
    public void writeTo(OutputStream out) throws IOException {
        for (Map.Entry<String, List<Part>> family : families.entrySet()) {
            head(out, family.getKey(), family.getValue());
            for (Part part : family.getValue()) {
                samples(out, part);
            }
        }
    }

    /** The type that most sandboxes give it: a single one cannot change what others are. */
    private static void head(OutputStream out, String name, List<Part> parts) throws IOException {
        Map<MetricType, Integer> votes = new EnumMap<>(MetricType.class);
        String help = "";
        for (Part part : parts) {
            votes.merge(part.family().type(), 1, Integer::sum);
            help = help.isEmpty() ? part.family().help() : help;
        }
        MetricType type = MetricType.UNTYPED;
        int most = 0;
        for (Map.Entry<MetricType, Integer> vote : votes.entrySet()) {
            if (vote.getValue() > most) {
                most = vote.getValue();
                type = vote.getKey();
            }
        }
        String head = help.isEmpty() ? "" : "# HELP " + name + " " + help + "\n";
        out.write(
                (head + "# TYPE " + name + " " + type.word() + "\n")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static void samples(OutputStream out, Part part) throws IOException {
        Family family = part.family();
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < family.size(); i++) {
            String series = family.series(i);
            int brace = series.indexOf('{');
            lines.append(series, 0, brace < 0 ? series.length() : brace)
                    .append('{')
                    .append(part.labels());
            if (brace < 0) {
                lines.append('}');
            } else {
                lines.append(series.charAt(brace + 1) == '}' ? "" : ",")
                        .append(series, brace + 1, series.length());
            }
            lines.append(' ').append(number(family.value(i))).append('\n');
        }
        out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** A value in Prometheus' words; a whole number without a fraction, as most of them come. */
    private static String number(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        return value == Math.rint(value) && Math.abs(value) < WHOLE
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
