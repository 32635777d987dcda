package io.saya.monitor.text;

import java.util.Locale;

/** Types of Prometheus' text format, version 0.0.4. */
enum MetricType {
    COUNTER,
    GAUGE,
    HISTOGRAM,
    SUMMARY,
    UNTYPED;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type of a word; a word that is none is {@link #UNTYPED}. */
    static MetricType of(String word) {
        for (MetricType type : values()) {
            if (type.word().equals(word)) {
                return type;
            }
        }
        return UNTYPED;
    }

    /** True if samples of a family of this type may have names with that end. */
    boolean hasSuffix(String suffix) {
        return switch (this) {
            case HISTOGRAM ->
                    suffix.equals("_bucket") || suffix.equals("_sum") || suffix.equals("_count");
            case SUMMARY -> suffix.equals("_sum") || suffix.equals("_count");
            case COUNTER, GAUGE, UNTYPED -> false;
        };
    }
}
