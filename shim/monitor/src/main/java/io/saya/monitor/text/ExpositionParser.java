package io.saya.monitor.text;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the families in an answer. Reads one answer, by one thread. */
final class ExpositionParser {
    private static final int MAX_FAMILIES = 2000;
    private static final int MAX_HELP = 512;
    private static final String SHIM_PREFIX = "kata_shim_";

    private final byte[] text;
    private final SeriesPool.Share pool;
    private final int maxSeries;
    private final boolean addShimPrefix;
    private final Map<String, Family> families = new HashMap<>();
    private final Map<String, String> helps = new HashMap<>();
    private int series;
    private int dropped;

    ExpositionParser(byte[] text, SeriesPool.Share pool, int maxSeries, boolean addShimPrefix) {
        this.text = text;
        this.pool = pool;
        this.maxSeries = maxSeries;
        this.addShimPrefix = addShimPrefix;
    }

    Exposition parse() {
        for (int at = 0; at < text.length; ) {
            int end = lineEnd(at);
            if (end > at) {
                line(at, end);
            }
            at = end + 1;
        }
        Map<String, Family> read = new HashMap<>();
        families.forEach(
                (name, family) -> {
                    if (family.size() > 0) {
                        family.done(helps.getOrDefault(name, ""));
                        String shown = pool.shared(prefix(name) + name);
                        read.put(shown == null ? prefix(name) + name : shown, family);
                    }
                });
        return new Exposition(Map.copyOf(read), dropped);
    }

    private int lineEnd(int from) {
        int at = from;
        while (at < text.length && text[at] != '\n') {
            at++;
        }
        return at;
    }

    private void line(int start, int end) {
        if (text[start] == '#') {
            comment(new String(text, start, Math.min(end - start, 1024), StandardCharsets.UTF_8));
            return;
        }
        SampleLine sample = series < maxSeries ? SampleLine.parse(text, start, end) : null;
        Family family = sample == null ? null : family(sample.name());
        String name = sample == null || family == null ? null : pool.series(shown(sample, start));
        if (sample == null || family == null || name == null) {
            dropped++;
            return;
        }
        family.add(name, sample.value());
        series++;
    }

    /** The series as it stood there: a name, and labels in braces if it has some. */
    private String shown(SampleLine sample, int start) {
        return prefix(sample.name())
                + new String(text, start, sample.seriesEnd() - start, StandardCharsets.UTF_8);
    }

    private void comment(String line) {
        String[] words = line.split(" ", 4);
        if (words.length < 3 || !words[2].matches("[a-zA-Z_:][a-zA-Z0-9_:]{0,255}")) {
            return;
        }
        if (words[1].equals("TYPE") && words.length == 4) {
            declared(words[2], MetricType.of(words[3].strip()));
        } else if (words[1].equals("HELP") && words.length == 4 && helps.size() < MAX_FAMILIES) {
            String help = pool.shared(clean(words[3]));
            helps.putIfAbsent(words[2], help == null ? "" : help);
        }
    }

    private void declared(String name, MetricType type) {
        if (mayBeShown(name) && families.size() < MAX_FAMILIES) {
            families.computeIfAbsent(name, _ -> new Family(type));
        }
    }

    /** The family that a sample of this name belongs to, null if it may not be shown. */
    private @Nullable Family family(String name) {
        Family own = families.get(name);
        if (own != null) {
            return own;
        }
        int suffix = name.lastIndexOf('_');
        if (suffix > 0) {
            Family base = families.get(name.substring(0, suffix));
            if (base != null && base.type().hasSuffix(name.substring(suffix))) {
                return base;
            }
        }
        declared(name, MetricType.UNTYPED);
        return families.get(name);
    }

    /** Names that no sandbox has are somebody's try to look like another program. */
    private boolean mayBeShown(String name) {
        String shown = prefix(name) + name;
        return (shown.startsWith("kata_") || shown.startsWith("saya_"))
                && !shown.startsWith("kata_monitor_")
                && !shown.startsWith("saya_monitor_");
    }

    private String prefix(String name) {
        return addShimPrefix && (name.startsWith("go_") || name.startsWith("process_"))
                ? SHIM_PREFIX
                : "";
    }

    private static String clean(String help) {
        String start = help.length() > MAX_HELP ? help.substring(0, MAX_HELP) : help;
        // A backslash at the end, cut from what it escapes, would escape the line's end.
        return start.replaceAll("\\p{Cntrl}|\uFFFD|\\\\$", "").strip();
    }
}
