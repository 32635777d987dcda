package io.saya.cli.cleanup;

import io.saya.cli.host.HostFiles;
import io.saya.cli.journal.GuardJournal;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a sandbox without a living shim left on the host.
 *
 * @param id of the sandbox, as far as it is known
 * @param processes those that still run, as {@code NAME (PID)}
 * @param mounts those that still stand
 */
record LeftSandbox(Path runDirectory, String id, List<String> processes, List<String> mounts) {
    private static final String RECORD = "record.json";

    /** The mount point in a line of {@code /proc/self/mountinfo}. */
    private static final int MOUNT_POINT = 4;

    /**
     * Finds all sandboxes without a living guard, sorted by name; passes over whatever is no run
     * directory.
     */
    static List<LeftSandbox> in(Path runBase, HostFiles host) throws IOException {
        List<LeftSandbox> left = new ArrayList<>();
        List<String> standing =
                host.text("/proc/self/mountinfo")
                        .lines()
                        .map(line -> line.split(" ", -1)[MOUNT_POINT])
                        .toList();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(runBase, entry -> Files.isDirectory(entry))) {
            for (Path directory : entries) {
                GuardJournal journal = GuardJournal.of(directory);
                if (!journal.guarded(host)) {
                    left.add(of(directory, journal, host, standing));
                }
            }
        } catch (NoSuchFileException _) {
            return List.of();
        }
        left.sort(Comparator.comparing(LeftSandbox::runDirectory));
        return left;
    }

    private static LeftSandbox of(
            Path directory, GuardJournal journal, HostFiles host, List<String> standing) {
        List<String> processes =
                journal.alive(host).stream()
                        .map(process -> process.name() + " (" + process.pid() + ")")
                        .toList();
        List<String> mounts =
                standing.stream()
                        .filter(
                                point ->
                                        journal.mounts().contains(point)
                                                || Path.of(point).startsWith(directory))
                        .toList();
        return new LeftSandbox(directory, id(directory), processes, mounts);
    }

    /** The sandbox's id: recorded, else the first part of the directory's name. */
    private static String id(Path directory) {
        try {
            if (Json.parse(Files.readAllBytes(directory.resolve(RECORD)))
                    instanceof JsonObject record) {
                return record.string("id").orElse("");
            }
        } catch (IOException | JsonException _) {
            // It died before it wrote that down, or while.
        }
        String name = String.valueOf(directory.getFileName());
        return name.substring(0, Math.max(0, name.lastIndexOf('-')));
    }
}
