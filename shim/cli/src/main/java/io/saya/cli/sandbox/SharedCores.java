package io.saya.cli.sandbox;

import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * With whom the processes of a sandbox may run on a core at once. The kernel knows by a mark of
 * core scheduling, which a guard takes where containerd sets {@code SCHED_CORE} and all that it
 * starts inherits; the launcher asks for it.
 */
final class SharedCores {
    private static final String LAUNCHER = "bin/containerd-shim-saya-v2";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String NO_MARK = "0";

    private SharedCores() {}

    /** In words; empty where no process lives. Blocks for the launcher. */
    static String of(Path installation, List<HostProcesses.Found> family) {
        if (family.isEmpty()) {
            return "";
        }
        String pids =
                family.stream()
                        .map(process -> String.valueOf(process.pid()))
                        .collect(Collectors.joining(","));
        try {
            Program asked =
                    Program.run(LIMIT, installation.resolve(LAUNCHER), "-address", pids, "cores");
            return asked.exitCode() == 0
                    ? words(marks(asked.output()))
                    : "not known: " + asked.firstLine().replaceFirst("^saya: cores: ", "");
        } catch (IOException e) {
            return "not known: " + e.getMessage();
        }
    }

    private static Map<String, String> marks(String lines) {
        Map<String, String> marks = new HashMap<>();
        for (String line : lines.lines().toList()) {
            List<String> words = List.of(line.split(" ", -1));
            if (words.size() == 2) {
                marks.put(words.getFirst(), words.getLast());
            }
        }
        return marks;
    }

    private static String words(Map<String, String> marks) {
        Set<String> different = new HashSet<>(marks.values());
        if (different.isEmpty()) {
            return ""; // all have ended meanwhile
        }
        if (different.equals(Set.of(NO_MARK))) {
            return "shared with others: containerd has not set SCHED_CORE";
        }
        if (different.size() == 1) {
            return "its own, by mark " + different.iterator().next();
        }
        return "not all by one mark: "
                + marks.entrySet().stream()
                        .map(mark -> mark.getKey() + " " + mark.getValue())
                        .sorted()
                        .collect(Collectors.joining(", "));
    }
}
