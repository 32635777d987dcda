package io.saya.cgroup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A mounted cgroup hierarchy (cgroups(7)).
 *
 * @param controllers of v1, joined by commas as in {@code /proc/self/cgroup}; empty for v2
 * @param mount where it is mounted; what a path of a cgroup is taken to be relative to, as by
 *     containerd and runc
 * @param home the cgroup that this process is in, the mount itself if that is not below it
 */
record Hierarchy(String controllers, Path mount, Path home) {

    /** Reads the hierarchies of this process. */
    static List<Hierarchy> mounted() throws IOException {
        return of(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
    }

    /**
     * Reads the hierarchies from the texts of {@code /proc/self/mountinfo} (proc(5)) and {@code
     * /proc/self/cgroup}.
     */
    static List<Hierarchy> of(String mountinfo, String own) {
        List<Hierarchy> found = new ArrayList<>();
        List<String> wholes = new ArrayList<>();
        for (String line : mountinfo.split("\n", -1)) {
            int dash = line.indexOf(" - cgroup");
            if (dash < 0) {
                continue;
            }
            String[] left = line.substring(0, dash).split(" ", -1);
            String[] right = line.substring(dash + 3).split(" ", -1);
            if (left.length < 5 || right.length < 3) {
                continue;
            }
            String[] membership = membership(right, own);
            if (membership.length != 3) {
                continue;
            }
            String root = unescape(left[3]);
            Path mount = Path.of(unescape(left[4]));
            Hierarchy hierarchy =
                    new Hierarchy(membership[1], mount, home(mount, root, membership[2]));
            // A part of one that is mounted somewhere (in a container) does not count beside all
            // of it.
            boolean whole = root.equals("/");
            if (known(found, hierarchy.controllers) < 0) {
                found.add(hierarchy);
            } else if (whole && !wholes.contains(hierarchy.controllers)) {
                found.set(known(found, hierarchy.controllers), hierarchy);
            }
            if (whole) {
                wholes.add(hierarchy.controllers);
            }
        }
        return found;
    }

    boolean unified() {
        return controllers.isEmpty();
    }

    boolean has(String controller) {
        return Arrays.asList(controllers.split(",", -1)).contains(controller);
    }

    private static int known(List<Hierarchy> found, String controllers) {
        for (int i = 0; i < found.size(); i++) {
            if (found.get(i).controllers.equals(controllers)) {
                return i;
            }
        }
        return -1;
    }

    /** The line {@code id:controllers:path} of the hierarchy; empty if there is none. */
    private static String[] membership(String[] fileSystem, String own) {
        List<String> options = Arrays.asList(fileSystem[2].split(",", -1));
        for (String line : own.split("\n", -1)) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3
                    && (fileSystem[0].equals("cgroup2")
                            ? fields[1].isEmpty()
                            : !fields[1].isEmpty()
                                    && options.containsAll(
                                            Arrays.asList(fields[1].split(",", -1))))) {
                return fields;
            }
        }
        return new String[0];
    }

    private static Path home(Path mount, String root, String path) {
        if (path.contains("/..")) {
            return mount; // outside of the cgroup namespace
        }
        if (root.equals("/")) {
            return mount.resolve(path.substring(1));
        }
        return path.startsWith(root + "/")
                ? mount.resolve(path.substring(root.length() + 1))
                : mount;
    }

    /** Blanks and backslashes are three octal digits there. */
    private static String unescape(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length()) {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }

    private static String read(String file) throws IOException {
        return new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8);
    }
}
