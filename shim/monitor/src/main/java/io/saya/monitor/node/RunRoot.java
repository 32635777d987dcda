package io.saya.monitor.node;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A directory below which each sandbox of one runtime has a directory of its own.
 *
 * @param directory it need not exist
 */
public record RunRoot(Path directory, SandboxRuntime runtime) {
    /** Entries beyond this are not looked at: no node has so many sandboxes. */
    private static final int MAX_ENTRIES = 4096;

    private static final long MAX_RECORD = 1024 * 1024;

    /** containerd's own limit is 76; what is longer is no id. */
    private static final int MAX_ID = 128;

    /** Directories below it, with a sandbox each or not yet. Empty if it cannot be read. */
    List<Path> entries() {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path entry : stream) {
                if (entries.size() < MAX_ENTRIES
                        && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    entries.add(entry);
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException _) {
            // It is not there yet, or has gone; the watch looks again.
        }
        return entries;
    }

    /** The sandbox of a directory; empty while its daemon has not written down who it is. */
    Optional<MonitoredSandbox> sandbox(Path entry) {
        return switch (runtime) {
            case SAYA -> recorded(entry);
            case KATA ->
                    Files.exists(entry.resolve(runtime.socket()))
                            ? named(entry, String.valueOf(entry.getFileName()), "k8s.io", "")
                            : Optional.empty();
        };
    }

    private Optional<MonitoredSandbox> recorded(Path entry) {
        try {
            Path file = entry.resolve("record.json");
            if (Files.size(file) > MAX_RECORD) {
                return Optional.empty();
            }
            JsonObject record = Json.parseObject(Files.readAllBytes(file));
            return named(
                    entry,
                    record.string("id").orElse(""),
                    record.string("namespace").orElse(""),
                    record.string("bundle").orElse(""));
        } catch (IOException | JsonException _) {
            return Optional.empty();
        }
    }

    private Optional<MonitoredSandbox> named(
            Path entry, String id, String namespace, String bundle) {
        if (id.isEmpty() || id.length() > MAX_ID) {
            return Optional.empty();
        }
        return Optional.of(new MonitoredSandbox(id, runtime, namespace, entry, bundle));
    }
}
