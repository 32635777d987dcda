package io.saya.cgroup;

import java.util.List;

/**
 * The path of a sandbox's cgroup below the root of each hierarchy: in the parent that {@code
 * linux.cgroupsPath} names, beside where a container would be.
 *
 * @param parent absolute, without a slash at its end; empty for the root
 * @param name one component
 * @param slice the parent is a unit of systemd's: it is never made here
 */
public record CgroupPath(String parent, String name, boolean slice) {

    /**
     * As Kata has {@code kata_}: of whatever else a path may name, nothing is taken for our own.
     * What bears the sandbox's id is: by that name a kubelet finds the pod's network.
     */
    static final String PREFIX = "saya_";

    private static final String SLICE = ".slice";
    private static final String SCOPE = ".scope";

    /** Longest file name of Linux. */
    private static final int NAME_LIMIT = 255;

    /**
     * Reads the path by the rules of the OCI specification.
     *
     * @param cgroupsPath a path, by which all that counts is that it is below the hierarchy's root,
     *     or systemd's {@code slice:prefix:name} (runc's rule: an empty slice is {@code
     *     system.slice}, {@code -.slice} is the root); empty: {@code /saya/<sandboxId>}
     * @param sandboxId the name, where the path ends with it
     * @throws IllegalArgumentException that says what is wrong with it
     */
    public static CgroupPath of(String cgroupsPath, String sandboxId) {
        if (cgroupsPath.indexOf('\0') >= 0 || cgroupsPath.indexOf('\n') >= 0) {
            throw refused(cgroupsPath, "a path in one line");
        }
        String[] parts = cgroupsPath.split(":", -1);
        if (parts.length == 3 && cgroupsPath.charAt(0) != '/') {
            String slice = parts[0].isEmpty() ? "system.slice" : parts[0];
            return new CgroupPath(
                    expand(slice, cgroupsPath), name(parts[2], sandboxId, cgroupsPath), true);
        }
        StringBuilder parent = new StringBuilder();
        String last = "";
        for (String component : cgroupsPath.split("/", -1)) {
            if (component.isEmpty() || component.equals(".")) {
                continue;
            }
            if (component.equals("..")) {
                throw refused(cgroupsPath, "no '..' in it");
            }
            if (!last.isEmpty()) {
                parent.append('/').append(last);
            }
            last = component;
        }
        return last.isEmpty()
                ? new CgroupPath("/saya", name(sandboxId, sandboxId, cgroupsPath), false)
                : new CgroupPath(parent.toString(), name(last, sandboxId, cgroupsPath), false);
    }

    /** True if it is a unit of systemd's itself. */
    boolean scope() {
        return slice && name.endsWith(SCOPE);
    }

    private static String name(String base, String sandboxId, String cgroupsPath) {
        if (base.isEmpty()
                || base.indexOf('/') >= 0
                || PREFIX.length() + base.length() > NAME_LIMIT) {
            throw refused(cgroupsPath, "a name of 1 to 250 characters at its end");
        }
        return base.equals(sandboxId) ? base : PREFIX + base;
    }

    /** {@code a-b.slice} is {@code /a.slice/a-b.slice} (systemd.slice(5)). */
    private static String expand(String slice, String cgroupsPath) {
        if (slice.equals("-" + SLICE)) {
            return "";
        }
        String stem = slice.endsWith(SLICE) ? slice.substring(0, slice.length() - 6) : "";
        StringBuilder path = new StringBuilder();
        StringBuilder prefix = new StringBuilder();
        for (String word : List.of(stem.split("-", -1))) {
            if (word.isEmpty() || word.indexOf('/') >= 0) {
                throw refused(cgroupsPath, "SLICE:PREFIX:NAME with the name of a slice");
            }
            prefix.append(prefix.isEmpty() ? "" : "-").append(word);
            path.append('/').append(prefix).append(SLICE);
        }
        return path.toString();
    }

    private static IllegalArgumentException refused(String cgroupsPath, String expected) {
        return new IllegalArgumentException(
                "linux.cgroupsPath: '" + cgroupsPath + "' (expected: " + expected + ")");
    }
}
