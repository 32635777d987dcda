package io.saya.monitor.web;

import java.util.function.Predicate;

/** The families of the monitor's own text that were asked for. */
final class OwnText {
    private OwnText() {}

    static String wanted(String text, Predicate<String> wanted) {
        StringBuilder kept = new StringBuilder(text.length());
        String family = "";
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("# HELP ") || line.startsWith("# TYPE ")) {
                family = line.split(" ", 4)[2];
            }
            if (!line.isEmpty() && wanted.test(family)) {
                kept.append(line).append('\n');
            }
        }
        return kept.toString();
    }
}
