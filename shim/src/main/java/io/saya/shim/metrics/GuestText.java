package io.saya.shim.metrics;

import io.saya.agent.GuestMetrics;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a guest tells of itself, read as the text of a stranger: line by line, within bounds, and
 * written anew. Only names that agents have come through, so a guest cannot tell of the host or of
 * another sandbox; each line that is left out is counted. Not thread safe.
 */
final class GuestText {
    /** Series that are shown; a guest with 256 processors has some 3000. */
    static final int SERIES = 4096;

    /** Families that are shown; Kata's agents have some 20. */
    static final int FAMILIES = 64;

    /** The only names below {@code saya_} that are a guest's. */
    static final String PRESSURE = "saya_guest_pressure_seconds_total";

    private static final Set<String> TYPES =
            Set.of("gauge", "counter", "histogram", "summary", "untyped");

    private static final String[] HISTOGRAM_SUFFIXES = {"_bucket", "_sum", "_count"};

    private final DropCounts drops;
    private final Map<String, Family> families = new LinkedHashMap<>();
    private final Map<String, String> types = new LinkedHashMap<>();
    private final Set<String> series = new HashSet<>();

    private GuestText(DropCounts drops) {
        this.drops = drops;
    }

    /** True if agents have metrics of this name. */
    static boolean known(String name) {
        return name.startsWith("kata_agent_")
                || name.startsWith("kata_guest_")
                || name.equals(PRESSURE);
    }

    /** Takes from an answer what is fit to be shown. */
    static List<Family> read(GuestMetrics answer, DropCounts drops) {
        if (answer.tooLong()) {
            drops.add(DropReason.TOO_LONG);
            return List.of();
        }
        GuestText text = new GuestText(drops);
        text.lines(answer.text());
        return new ArrayList<>(text.families.values());
    }

    private void lines(String all) {
        int from = 0;
        for (int end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', from)) {
            line(all.substring(from, end > from && all.charAt(end - 1) == '\r' ? end - 1 : end));
            from = end + 1;
        }
        line(all.substring(from));
    }

    private void line(String line) {
        if (line.startsWith("# TYPE ")) {
            type(line);
        } else if (!line.isBlank() && !line.startsWith("#")) {
            sample(line);
        }
    }

    private void type(String line) {
        String[] words = line.split(" ", 5);
        if (words.length != 4 || !TYPES.contains(words[3]) || !known(words[2])) {
            drops.add(DropReason.TYPE);
            return;
        }
        if (types.size() >= FAMILIES) {
            drops.add(DropReason.TOO_MANY);
            return;
        }
        String before = types.putIfAbsent(words[2], words[3]);
        if (before != null && !before.equals(words[3])) {
            drops.add(DropReason.TYPE);
        }
    }

    private void sample(String line) {
        GuestLine.Read read = GuestLine.of(line);
        GuestLine.Sample sample = read.sample();
        if (sample == null) {
            drops.add(read.problem() == null ? DropReason.MALFORMED : read.problem());
            return;
        }
        if (series.size() >= SERIES) {
            drops.add(DropReason.TOO_MANY);
            return;
        }
        String name = familyOf(sample.name());
        Family family = families.get(name);
        if (family == null && families.size() >= FAMILIES) {
            drops.add(DropReason.TOO_MANY);
            return;
        }
        String identity = sample.name() + '{' + sample.labels() + '}';
        if (!series.add(identity)) {
            drops.add(DropReason.DUPLICATE);
            return;
        }
        if (family == null) {
            family = new Family(name, types.getOrDefault(name, "untyped"));
            families.put(name, family);
        }
        family.samples
                .append(sample.labels().isEmpty() ? sample.name() : identity)
                .append(' ')
                .append(sample.value())
                .append('\n');
    }

    /** A histogram's samples have names of their own. */
    private String familyOf(String name) {
        for (String suffix : HISTOGRAM_SUFFIXES) {
            if (name.endsWith(suffix)) {
                String family = name.substring(0, name.length() - suffix.length());
                String type = types.getOrDefault(family, "");
                if (type.equals("histogram") || type.equals("summary")) {
                    return family;
                }
            }
        }
        return name;
    }

    /** A guest's metric and its samples, as they may be shown. */
    static final class Family {
        private final String name;
        private final String type;
        private final StringBuilder samples = new StringBuilder();

        private Family(String name, String type) {
            this.name = name;
            this.type = type;
        }

        String name() {
            return name;
        }

        void append(StringBuilder out, TextFormat format) {
            switch (format) {
                case PROMETHEUS -> Exposition.head(out, name, "As the guest tells it", type);
                case OPENMETRICS -> openMetricsHead(out);
            }
            out.append(samples);
        }

        /** There a counter's samples end in {@code _total}, and its family does not. */
        private void openMetricsHead(StringBuilder out) {
            boolean counter = type.equals("counter") && name.endsWith("_total");
            String shown = counter ? name.substring(0, name.length() - "_total".length()) : name;
            String word = type;
            if (type.equals("untyped") || (type.equals("counter") && !counter)) {
                word = "unknown";
            }
            Exposition.head(out, shown, "As the guest tells it", word);
        }
    }
}
