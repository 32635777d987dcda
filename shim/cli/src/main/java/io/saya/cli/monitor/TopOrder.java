package io.saya.cli.monitor;

import io.saya.json.JsonObject;
import java.util.Comparator;

/** How {@code saya top} sorts. */
enum TopOrder {
    NAME('n'),
    AGE('a'),
    MEMORY('m'),
    CPU('c'),
    START('s');

    private final char key;

    TopOrder(char key) {
        this.key = key;
    }

    /** The key that chooses it. */
    char key() {
        return key;
    }

    /** Largest first; names from A. */
    Comparator<JsonObject> comparator() {
        return switch (this) {
            case NAME -> Comparator.comparing(TopRow::name);
            case AGE -> Comparator.comparingDouble(row -> TopRow.number(row, "started_at"));
            case MEMORY -> largest("memory_bytes");
            case CPU -> largest("cpu_cores");
            case START -> Comparator.comparingDouble(TopRow::startSeconds).reversed();
        };
    }

    private static Comparator<JsonObject> largest(String member) {
        return Comparator.<JsonObject>comparingDouble(row -> orLeast(TopRow.number(row, member)))
                .reversed();
    }

    private static double orLeast(double value) {
        return Double.isNaN(value) ? -1 : value;
    }
}
