package io.saya.share;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A mount of the host's, as a line of {@code /proc/self/mountinfo} tells it (proc(5)).
 *
 * @param device the file system's number, as the kernel writes it
 * @param root what of the file system is seen at the mount point
 * @param point where it is mounted
 * @param options of this mount, not of the file system
 */
record MountLine(String device, Path root, Path point, List<String> options) {
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    /** Fields of a line. */
    private static final int DEVICE = 2;

    private static final int ROOT = 3;
    private static final int POINT = 4;
    private static final int OPTIONS = 5;

    MountLine {
        options = List.copyOf(options);
    }

    /** Returns all mounts, in the order in which they cover each other. Reads a kernel's file. */
    static List<MountLine> all() throws IOException {
        return all(lines());
    }

    /**
     * The kernel's lines. A host with many pods has thousands, and takes long to write them: for
     * one volume they are read once.
     */
    static List<String> lines() throws IOException {
        return new String(Files.readAllBytes(MOUNTINFO), UTF_8).lines().toList();
    }

    static List<MountLine> all(List<String> mountinfo) {
        List<MountLine> mounts = new ArrayList<>();
        for (String line : mountinfo) {
            String[] fields = line.split(" ", OPTIONS + 2);
            // A namespace's file has a root without a slash, and nothing is below it.
            if (fields.length > OPTIONS && fields[ROOT].startsWith("/")) {
                mounts.add(
                        new MountLine(
                                fields[DEVICE],
                                Path.of(unescaped(fields[ROOT])),
                                Path.of(unescaped(fields[POINT])),
                                List.of(fields[OPTIONS].split(",", -1))));
            }
        }
        return mounts;
    }

    /** Returns the mount in which a path is: the innermost, and of those at one place the last. */
    static Optional<MountLine> of(Path path, List<MountLine> mounts) {
        MountLine in = null;
        for (MountLine mount : mounts) {
            if (path.startsWith(mount.point) && (in == null || mount.point.startsWith(in.point))) {
                in = mount;
            }
        }
        return Optional.ofNullable(in);
    }

    /** Where in the file system a path is that lies in this mount. */
    Path inFileSystem(Path path) {
        return root.resolve(point.relativize(path).toString()).normalize();
    }

    /** The kernel writes blanks, line breaks and backslashes as three octal digits. */
    static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
            plain.append(text, from, at);
            plain.append((char) Integer.parseInt(text.substring(at + 1, at + 4), 8));
            from = at + 4;
        }
        return plain.append(text, from, text.length()).toString();
    }
}
