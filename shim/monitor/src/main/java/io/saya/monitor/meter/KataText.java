package io.saya.monitor.meter;

import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.concurrent.TimeUnit;

/**
 * kata-monitor's own metrics under its names, as far as its dashboard asks for them. micrometer's
 * rules for names forbid them: a counter ends in {@code _total} there, and times are in seconds.
 */
final class KataText {
    private final StringBuilder text = new StringBuilder();

    KataText value(String name, String type, double value) {
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        text.append(name).append(' ').append(value).append('\n');
        return this;
    }

    /** Times in milliseconds. */
    KataText histogram(String name, HistogramSnapshot times) {
        text.append("# TYPE ").append(name).append(" histogram\n");
        for (CountAtBucket bucket : times.histogramCounts()) {
            text.append(name)
                    .append("_bucket{le=\"")
                    .append((long) bucket.bucket(TimeUnit.MILLISECONDS))
                    .append("\"} ")
                    .append((long) bucket.count())
                    .append('\n');
        }
        text.append(name).append("_bucket{le=\"+Inf\"} ").append(times.count()).append('\n');
        text.append(name).append("_sum ").append(times.total(TimeUnit.MILLISECONDS)).append('\n');
        text.append(name).append("_count ").append(times.count()).append('\n');
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
