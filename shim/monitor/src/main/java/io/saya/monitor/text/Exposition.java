package io.saya.monitor.text;

import java.nio.charset.StandardCharsets;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BiConsumer;

/** What a sandbox answered to a scrape, checked. Unchangeable once it has been read. */
public final class Exposition {
    private final Map<String, Family> families;
    private final int dropped;

    Exposition(Map<String, Family> families, int dropped) {
        this.families = families;
        this.dropped = dropped;
    }

    /**
     * Reads an answer. Never fails: what is no sample, and what is beyond the bounds, is left out.
     *
     * @param pool of the round
     * @param maxSeries samples beyond this are left out
     * @param addShimPrefix whether {@code go_} and {@code process_} become {@code kata_shim_go_}
     *     and so on, as kata-monitor makes of them
     */
    public static Exposition parse(
            byte[] text, SeriesPool pool, int maxSeries, boolean addShimPrefix) {
        return new ExpositionParser(text, pool.share(), maxSeries, addShimPrefix).parse();
    }

    /** Lines that were left out. */
    public int dropped() {
        return dropped;
    }

    /** Samples that it has. */
    public int series() {
        return families.values().stream().mapToInt(Family::size).sum();
    }

    /** The value of a metric: the sum of its samples that have these labels, if there is one. */
    public OptionalDouble value(String name, Map<String, String> labels) {
        DoubleSummaryStatistics found = new DoubleSummaryStatistics();
        each(
                name,
                (its, value) -> {
                    if (its.entrySet().containsAll(labels.entrySet())) {
                        found.accept(value);
                    }
                });
        return found.getCount() == 0 ? OptionalDouble.empty() : OptionalDouble.of(found.getSum());
    }

    /** The values of a metric by one of its labels; where several samples have it, their sum. */
    public Map<String, Double> byLabel(String name, String label) {
        Map<String, Double> values = new LinkedHashMap<>();
        each(name, (its, value) -> values.merge(its.getOrDefault(label, ""), value, Double::sum));
        return values;
    }

    Map<String, Family> families() {
        return families;
    }

    private void each(String name, BiConsumer<Map<String, String>, Double> taker) {
        Family family = families.get(name);
        for (int i = 0; family != null && i < family.size(); i++) {
            byte[] line = (family.series(i) + " 0").getBytes(StandardCharsets.UTF_8);
            SampleLine sample = SampleLine.parse(line, 0, line.length);
            if (sample != null) {
                taker.accept(sample.labels(), family.value(i));
            }
        }
    }
}
