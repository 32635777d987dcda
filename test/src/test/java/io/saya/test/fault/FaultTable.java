package io.saya.test.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The matrix with its times, for people and for programs. */
final class FaultTable {
    private FaultTable() {}

    /** Writes {@code faults.md} and {@code faults.json}. */
    static void write(Path directory, List<Cell.Result> results) {
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("faults.md"), markdown(results));
            Files.writeString(directory.resolve("faults.json"), json(results));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A row for each moment, a column for each fault: seconds until the task was stopped. */
    static String markdown(List<Cell.Result> results) {
        var text = new StringBuilder("| Held at |");
        for (var fault : Fault.values()) {
            text.append(' ').append(fault.title()).append(" |");
        }
        text.append("\n|---|").append("---|".repeat(Fault.values().length)).append('\n');
        for (var phase : Phase.values()) {
            text.append("| ").append(phase.title()).append(" |");
            for (var fault : Fault.values()) {
                text.append(' ').append(entry(results, new Cell(fault, phase))).append(" |");
            }
            text.append('\n');
        }
        text.append("| longest |");
        for (var fault : Fault.values()) {
            var longest =
                    results.stream()
                            .filter(result -> result.cell().fault() == fault)
                            .mapToDouble(Cell.Result::seconds)
                            .max();
            text.append(' ').append(longest.isPresent() ? seconds(longest.getAsDouble()) : "");
            text.append(" |");
        }
        return text.append('\n').toString();
    }

    private static String entry(List<Cell.Result> results, Cell cell) {
        if (!cell.fault().possible(cell.phase())) {
            return "-";
        }
        return results.stream()
                .filter(result -> result.cell().equals(cell))
                .map(result -> result.failure().isEmpty() ? seconds(result.seconds()) : "FAILED")
                .findFirst()
                .orElse("");
    }

    private static String json(List<Cell.Result> results) {
        return results.stream()
                .map(
                        result ->
                                "  {\"fault\": \"%s\", \"moment\": \"%s\", \"seconds\": %s, \"passed\": %b}"
                                        .formatted(
                                                result.cell().fault(),
                                                result.cell().phase().title(),
                                                seconds(result.seconds()),
                                                result.failure().isEmpty()))
                .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
