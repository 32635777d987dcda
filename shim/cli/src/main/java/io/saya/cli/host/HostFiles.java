package io.saya.cli.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The host as its files tell of it. What cannot be read reads as empty: a host without it is a
 * normal host. Blocks for the disk.
 *
 * @param root {@code /}, or a directory that stands for it in tests
 */
public record HostFiles(Path root) {
    private static final int MAX_BYTES = 1024 * 1024;

    /** A path below the root; {@code path} begins with a slash. */
    public Path at(String path) {
        return root.resolve(path.substring(1));
    }

    /** True if there is a file of any kind at this path. */
    public boolean exists(String path) {
        return Files.exists(at(path));
    }

    /** The text of a file, at most a megabyte, without white space around it. */
    public String text(String path) {
        try (var in = Files.newInputStream(at(path))) {
            return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
        } catch (IOException _) {
            return "";
        }
    }

    /** Names in a directory, sorted. */
    public List<String> names(String directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(at(directory))) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
            }
        } catch (IOException | DirectoryIteratorException _) {
            return List.of();
        }
        Collections.sort(names);
        return names;
    }

    /**
     * The value behind {@code name} in lines of {@code name : value} or {@code name=value}, as in
     * {@code /proc/cpuinfo} and {@code /etc/os-release}; the first one, without quotes.
     */
    public String field(String path, String name, char separator) {
        for (String line : text(path).split("\n", -1)) {
            int at = line.indexOf(separator);
            if (at > 0 && line.substring(0, at).strip().equals(name)) {
                String value = line.substring(at + 1).strip();
                return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
                        ? value.substring(1, value.length() - 1)
                        : value;
            }
        }
        return "";
    }

    /** True if this process runs as root. */
    public static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException _) {
            return false;
        }
    }
}
