package io.saya.monitor.text;

import java.util.Arrays;

/** What one sandbox says of one metric. Grows while the answer is read, by one thread. */
final class Family {
    private final MetricType type;
    private String help = "";
    private String[] series = new String[2];
    private double[] values = new double[2];
    private int size;

    Family(MetricType type) {
        this.type = type;
    }

    MetricType type() {
        return type;
    }

    /** As it stood there, escaped; may be empty. */
    String help() {
        return help;
    }

    /** Number of samples. */
    int size() {
        return size;
    }

    /** A sample's name, and its labels in braces if it has some. */
    String series(int index) {
        return series[index];
    }

    /** A sample's value. */
    double value(int index) {
        return values[index];
    }

    void add(String name, double value) {
        if (size == series.length) {
            series = Arrays.copyOf(series, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        series[size] = name;
        values[size++] = value;
    }

    /** Nothing will be added any more. */
    void done(String itsHelp) {
        help = itsHelp;
        series = Arrays.copyOf(series, size);
        values = Arrays.copyOf(values, size);
    }
}
