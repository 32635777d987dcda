package io.saya.share;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Finds what is mounted below a directory of the host, by {@code /proc/self/mountinfo}. */
final class Submounts {
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    /** Fields of a line (proc(5)): where it is mounted, and its options. */
    private static final int POINT = 4;

    private static final int OPTIONS = 5;

    private Submounts() {}

    /**
     * A mount that may be written to.
     *
     * @param path from the directory to the mount
     * @param options of a bind that has its flags
     */
    record Writable(String path, List<String> options) {}

    /**
     * Returns the writable mounts below a directory; not those below another of them. Blocks for a
     * file of the kernel's.
     */
    static List<Writable> writableBelow(Path directory) throws IOException {
        return writableBelow(
                directory.toRealPath(),
                new String(Files.readAllBytes(MOUNTINFO), UTF_8).lines().toList());
    }

    /**
     * Returns what two places of one directory may differ in: the options of the mount that it is
     * in, and whether anything is mounted below.
     *
     * @param directory a real path
     */
    static View of(Path directory, List<String> mountinfo) {
        boolean below = false;
        Path in = Path.of("/");
        String options = "";
        for (String line : mountinfo) {
            String[] fields = line.split(" ", OPTIONS + 2);
            if (fields.length > OPTIONS) {
                Path point = Path.of(MountLine.unescaped(fields[POINT]));
                below |= point.startsWith(directory) && !point.equals(directory);
                // The last one at a place is what is seen there.
                if (directory.startsWith(point) && point.startsWith(in)) {
                    in = point;
                    options = fields[OPTIONS];
                }
            }
        }
        return new View(options, below);
    }

    /**
     * How a directory is seen at a place.
     *
     * @param options of the mount, as the kernel writes them
     * @param below whether something is mounted below
     */
    record View(String options, boolean below) {}

    static List<Writable> writableBelow(Path directory, List<String> mountinfo) {
        // What is mounted last at a place is what is seen there.
        NavigableMap<Path, String> seen = new TreeMap<>();
        for (String line : mountinfo) {
            String[] fields = line.split(" ", OPTIONS + 2);
            if (fields.length > OPTIONS) {
                Path point = Path.of(MountLine.unescaped(fields[POINT]));
                if (point.startsWith(directory) && !point.equals(directory)) {
                    seen.put(point, fields[OPTIONS]);
                }
            }
        }
        List<Writable> writable = new ArrayList<>();
        List<Path> tops = new ArrayList<>();
        for (Map.Entry<Path, String> mount : seen.entrySet()) {
            Path point = mount.getKey();
            List<String> options = List.of(mount.getValue().split(",", -1));
            if (options.contains("rw") && tops.stream().noneMatch(point::startsWith)) {
                writable.add(new Writable(directory.relativize(point).toString(), bind(options)));
                tops.add(point);
            }
        }
        return writable;
    }

    private static List<String> bind(List<String> flags) {
        List<String> options = new ArrayList<>(List.of("rbind", "rw"));
        for (String flag : List.of("nosuid", "nodev", "noexec")) {
            if (flags.contains(flag)) {
                options.add(flag);
            }
        }
        return options;
    }
}
