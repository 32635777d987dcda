package io.saya.test.task;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

    /** By their numbers (linux/capability.h). */
    private static final List<String> CAPABILITIES =
            List.of(
                    "chown",
                    "dac_override",
                    "dac_read_search",
                    "fowner",
                    "fsetid",
                    "kill",
                    "setgid",
                    "setuid");

    private static final int MKNOD = 27;
    private static final int SETFCAP = 31;

    private static final long CONFINED_ID = 0x70000000L;

    /** Those of a living process, as they differ from those of its guard. */
    static ProcessRights of(long pid, long guard) {
        return new ProcessRights(
                user(pid, guard),
                capabilities(pid, guard),
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

    /** Of a process that does not have all of the guard's, what it could get counts as well. */
    private static String capabilities(long pid, long guard) {
        var permitted = field(pid, "CapPrm");
        if (permitted.equals(field(guard, "CapPrm"))) {
            return "containerd's";
        }
        for (var set : List.of("CapInh", "CapBnd", "CapAmb")) {
            if (Long.parseUnsignedLong(field(pid, set), 16) != 0) {
                return permitted + ", and in " + set + " " + field(pid, set);
            }
        }
        var bits = Long.parseUnsignedLong(permitted, 16);
        var names = new ArrayList<String>();
        for (int number = 0; number < Long.SIZE; number++) {
            if ((bits >>> number & 1) != 0) {
                names.add(
                        switch (number) {
                            case MKNOD -> "mknod";
                            case SETFCAP -> "setfcap";
                            default ->
                                    number < CAPABILITIES.size()
                                            ? CAPABILITIES.get(number)
                                            : "cap_" + number;
                        });
            }
        }
        return names.isEmpty() ? "none" : String.join(" ", names);
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
