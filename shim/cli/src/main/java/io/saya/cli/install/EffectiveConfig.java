package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.Program;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What containerd makes of a configuration file and its imports, as it says itself. It is asked
 * since versions differ: up to 1.7 a file that is imported replaces all that another one says of a
 * plugin, and a table of one runtime takes the built-in one of runc away.
 *
 * @param values by table and key; those that are empty, zero or false are left out, as they say
 *     nothing
 */
record EffectiveConfig(Map<List<String>, Object> values) {
    private static final String RUNTIMES = "runtimes";

    /** {@code plugins.ID.containerd.runtimes.NAME.KEY}: the place of NAME. */
    private static final int NAME_AT = 4;

    /**
     * Asks {@code containerd config dump}, or {@code default} where there is no file. Blocks.
     *
     * @throws CommandFailure with containerd's words, if it cannot read the file
     */
    static EffectiveConfig of(Path containerd, Optional<Path> file) throws IOException {
        Program answer =
                file.isPresent()
                        ? HostPrograms.run(
                                containerd, "--config", file.get().toString(), "config", "dump")
                        : HostPrograms.run(containerd, "config", "default");
        if (answer.exitCode() != 0) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "containerd does not read "
                            + file.map(Path::toString).orElse("its own default")
                            + " (nothing was changed): "
                            + answer.output().strip());
        }
        // What it logs goes between.
        String text =
                answer.output()
                        .lines()
                        .filter(line -> !line.startsWith("time=\""))
                        .collect(Collectors.joining("\n", "", "\n"));
        TomlDocument document = TomlFile.parse(text);
        if (!document.errors().isEmpty()) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    containerd
                            + " config dump printed what is no TOML (nothing was changed): "
                            + document.errors().getFirst().text());
        }
        Map<List<String>, Object> values = new LinkedHashMap<>();
        for (TomlEntry entry : document.entries()) {
            List<String> path = new ArrayList<>(entry.table());
            path.add(entry.key());
            if (!path.getFirst().equals("imports") && says(entry.value())) {
                values.put(List.copyOf(path), entry.value());
            }
        }
        return new EffectiveConfig(values);
    }

    private static boolean says(Object value) {
        return switch (value) {
            case String text -> !text.isEmpty();
            case Boolean yes -> yes;
            case Long number -> number != 0;
            case List<?> list -> !list.isEmpty();
            default -> true;
        };
    }

    /** True if the CRI plugin has a runtime of this name and type. */
    boolean hasRuntime(String name, String type) {
        return values.entrySet().stream()
                .anyMatch(
                        entry ->
                                isOfRuntime(entry.getKey())
                                        && entry.getKey().get(NAME_AT).equals(name)
                                        && entry.getKey().getLast().equals("runtime_type")
                                        && entry.getValue().equals(type));
    }

    /** True if the CRI plugin is switched off. */
    boolean criDisabled() {
        return values.getOrDefault(List.of("disabled_plugins"), List.of()) instanceof List<?> names
                && (names.contains("cri")
                        || names.contains("io.containerd.grpc.v1.cri")
                        || names.contains("io.containerd.cri.v1.runtime"));
    }

    /** Where the daemon listens. */
    Path address() {
        return Path.of(
                String.valueOf(
                        values.getOrDefault(
                                List.of("grpc", "address"), "/run/containerd/containerd.sock")));
    }

    /** Returns what it says and the other one does not, or not so. */
    EffectiveConfig lostIn(EffectiveConfig other) {
        Map<List<String>, Object> lost = new LinkedHashMap<>(values);
        lost.entrySet()
                .removeIf(entry -> entry.getValue().equals(other.values.get(entry.getKey())));
        return new EffectiveConfig(lost);
    }

    /** The runtimes of the CRI plugin as tables below another plugin's name. */
    String runtimesAs(String plugin) {
        StringBuilder text = new StringBuilder();
        List<String> table = List.of();
        for (Map.Entry<List<String>, Object> entry : values.entrySet()) {
            List<String> path = entry.getKey();
            if (!isOfRuntime(path)) {
                continue;
            }
            List<String> its = new ArrayList<>(List.of("plugins", plugin));
            its.addAll(path.subList(2, path.size() - 1));
            if (!its.equals(table)) {
                text.append(TomlText.table(its));
                table = its;
            }
            text.append(TomlText.line(path.getLast(), entry.getValue()));
        }
        return text.toString();
    }

    /** Names of what it says, for a message. */
    String names() {
        return values.keySet().stream()
                .map(path -> String.join(".", path))
                .collect(Collectors.joining(", "));
    }

    private static boolean isOfRuntime(List<String> path) {
        return path.size() > NAME_AT + 1
                && path.get(0).equals("plugins")
                && path.get(2).equals("containerd")
                && path.get(NAME_AT - 1).equals(RUNTIMES);
    }
}
