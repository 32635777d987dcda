package io.saya.cli.check;

import java.util.List;

/**
 * Checks that the host can confine QEMU as the guard does: as a user of its own, in namespaces of
 * its own (runtime-core/README.md#processes-and-rights). A host that cannot starts no sandbox.
 */
final class ConfinementCheck {
    private static final String NAME = "confinement";

    /** The first of the users that the guard gives to QEMU: one for each sandbox. */
    private static final long FIRST_USER = 0x70000000L;

    /** Users are counted up by the guard's pid: so many there can be (proc_pid(5), pid_max). */
    private static final long USERS = 1L << 22;

    private static final List<String> NAMESPACES = List.of("mnt", "pid", "ipc", "uts", "net");

    private ConfinementCheck() {}

    static Finding confinement(CheckedHost host) {
        for (String namespace : NAMESPACES) {
            if (!host.files().exists("/proc/self/ns/" + namespace)) {
                return Finding.fail(
                        NAME,
                        "this kernel has no " + namespace + " namespaces",
                        "use a kernel that has them, as each that runs containers does");
            }
        }
        for (String map : List.of("uid_map", "gid_map")) {
            if (!mapped(host.files().text("/proc/self/" + map))) {
                return Finding.fail(
                        NAME,
                        "/proc/self/"
                                + map
                                + " has no ids from "
                                + FIRST_USER
                                + " on, which QEMU runs as",
                        "run containerd outside of this user namespace, or map "
                                + USERS
                                + " ids from there on into it");
            }
        }
        return Finding.pass(NAME, "QEMU is a user of its own in namespaces of its own");
    }

    /** True if a line of the map, "inside outside count", holds all ids. */
    private static boolean mapped(String map) {
        return map.lines()
                .map(line -> line.strip().split(" +", -1))
                .filter(numbers -> numbers.length == 3)
                .anyMatch(
                        numbers -> {
                            long first = Long.parseLong(numbers[0]);
                            return first <= FIRST_USER
                                    && first + Long.parseLong(numbers[2]) >= FIRST_USER + USERS;
                        });
    }
}
