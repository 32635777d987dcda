package io.saya.test.task;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the kernel says of a process, in the words of the table "Processes and rights" of
 * runtime-core/README.md.
 *
 * @param user user and group, by what they are made of
 * @param capabilities the permitted ones
 */
record ProcessRights(
        String user,
        String capabilities,
        String noNewPrivileges,
        String seccomp,
        String namespaces) {

    /** By their numbers (linux/capability.h); the others are told by those. */
    private static final Map<Integer, String> CAPABILITIES =
            Map.ofEntries(
                    Map.entry(0, "chown"),
                    Map.entry(1, "dac_override"),
                    Map.entry(3, "fowner"),
                    Map.entry(4, "fsetid"),
                    Map.entry(5, "kill"),
                    Map.entry(6, "setgid"),
                    Map.entry(7, "setuid"),
                    Map.entry(8, "setpcap"),
                    Map.entry(10, "net_bind_service"),
                    Map.entry(12, "net_admin"),
                    Map.entry(13, "net_raw"),
                    Map.entry(18, "sys_chroot"),
                    Map.entry(19, "sys_ptrace"),
                    Map.entry(21, "sys_admin"),
                    Map.entry(23, "sys_nice"),
                    Map.entry(24, "sys_resource"),
                    Map.entry(27, "mknod"),
                    Map.entry(31, "setfcap"),
                    Map.entry(39, "bpf"));

    private static final long CONFINED_ID = 0x70000000L;

    /** Those of a living process, as they differ from those of its guard. */
    static ProcessRights of(long pid, long guard) {
        return new ProcessRights(
                user(pid, guard),
                capabilities(pid),
                field(pid, "NoNewPrivs").equals("1") ? "yes" : "no",
                field(pid, "Seccomp").equals("0") ? "no" : "yes",
                namespaces(pid, guard));
    }

    /** Real, effective, saved and of the file system must be one, and no other group be there. */
    private static String user(long pid, long guard) {
        var user = field(pid, "Uid").split("\t", -1);
        var group = field(pid, "Gid").split("\t", -1);
        for (int i = 0; i < 4; i++) {
            if (!user[i].equals(user[0]) || !group[i].equals(user[0])) {
                return String.join(" ", user) + ", group " + String.join(" ", group);
            }
        }
        var groups = field(pid, "Groups").strip();
        if (!groups.isEmpty() && !user[0].equals("0")) {
            return user[0] + " in groups " + groups;
        }
        return user[0].equals(Long.toString(CONFINED_ID + guard))
                ? "0x70000000 + pid of its guard"
                : user[0];
    }

    /**
     * What it could get counts as well: its bounding set must be what it has, or nothing, and the
     * sets that pass on to others empty.
     */
    private static String capabilities(long pid) {
        var permitted = field(pid, "CapPrm");
        for (var set : List.of("CapInh", "CapBnd", "CapAmb")) {
            var others = field(pid, set);
            if (Long.parseUnsignedLong(others, 16) != 0
                    && !(set.equals("CapBnd") && others.equals(permitted))) {
                return permitted + ", and in " + set + " " + others;
            }
        }
        var names = names(permitted);
        return names.isEmpty() ? "none" : String.join(" ", names);
    }

    /** Those that this process could have: what it has not, containerd cannot pass on. */
    static Set<String> possible() {
        return Set.copyOf(names(field(ProcessHandle.current().pid(), "CapBnd")));
    }

    private static List<String> names(String hexadecimal) {
        var bits = Long.parseUnsignedLong(hexadecimal, 16);
        var names = new ArrayList<String>();
        for (int number = 0; number < Long.SIZE; number++) {
            if ((bits >>> number & 1) != 0) {
                names.add(CAPABILITIES.getOrDefault(number, "cap_" + number));
            }
        }
        return names;
    }

    private static String namespaces(long pid, long guard) {
        var own = new ArrayList<String>();
        for (var kind : List.of("mnt", "pid", "ipc", "uts", "net", "user")) {
            if (!namespace(pid, kind).equals(namespace(guard, kind))) {
                own.add(kind);
            }
        }
        return String.join(" ", own);
    }

    private static String namespace(long pid, String kind) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + kind)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String field(long pid, String name) {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith(name + ":")) {
                    return line.substring(name.length() + 1).replaceFirst("^\t", "");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("no " + name + " in the status of process " + pid);
    }
}
