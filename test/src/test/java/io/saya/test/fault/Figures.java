package io.saya.test.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What a test measured, printed and written to {@code NAME.json} in the results. */
final class Figures {
    private final String name;
    private final Map<String, Number> values = new LinkedHashMap<>();

    Figures(String name) {
        this.name = name;
    }

    void put(String what, Number value) {
        values.put(what, value);
    }

    void write() {
        var text =
                values.entrySet().stream()
                        .map(entry -> "  \"%s\": %s".formatted(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
        System.out.println(name + " " + text);
        try {
            var directory = Path.of(System.getProperty("saya.results", "target"));
            Files.createDirectories(directory);
            Files.writeString(directory.resolve(name + ".json"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
