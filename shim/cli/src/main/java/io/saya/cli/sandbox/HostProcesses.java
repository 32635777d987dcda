package io.saya.cli.sandbox;

import io.saya.cli.host.HostFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes of the host that belong to sandboxes, as {@code /proc} tells. */
final class HostProcesses {
    private static final HostFiles HOST = new HostFiles(Path.of("/"));
    private static final String DAEMON = "io.saya.shim.Main";

    private HostProcesses() {}

    /**
     * A process.
     *
     * @param words its command line
     */
    record Found(long pid, List<String> words) {

        /** The word behind a flag, empty if there is none. */
        String flag(String name) {
            int at = words.indexOf(name);
            return at < 0 || at + 1 >= words.size() ? "" : words.get(at + 1);
        }
    }

    /** Finds all daemons of this host. */
    static List<Found> daemons() {
        List<Found> daemons = new ArrayList<>();
        for (Found process : all()) {
            if (process.words().contains(DAEMON) && process.words().contains("daemon")) {
                daemons.add(process);
            }
        }
        return daemons;
    }

    /** The daemon of a sandbox, 0 if there is none. */
    static long daemonOf(List<Found> daemons, String namespace, String id) {
        for (Found daemon : daemons) {
            if (daemon.flag("-namespace").equals(namespace) && daemon.flag("-id").equals(id)) {
                return daemon.pid();
            }
        }
        return 0;
    }

    /** The guard of a daemon and everything that the guard has started. */
    static List<Found> family(long daemonPid) {
        long guard = parent(daemonPid);
        List<Found> family = new ArrayList<>();
        for (Found process : all()) {
            long parent = parent(process.pid());
            if (process.pid() == guard || parent == guard || isIn(family, parent)) {
                family.add(process);
            }
        }
        return family;
    }

    private static final String STAND_IN = "saya-task ";

    /** Returns what a process of a sandbox is, by its command line. */
    static String role(Found process) {
        String program = process.words().isEmpty() ? "" : process.words().getFirst();
        if (program.startsWith(STAND_IN)) {
            return "task"; // what follows names the container's program, whatever that is called
        }
        if (process.words().contains(DAEMON)) {
            return "daemon";
        }
        // QEMU's virtiofsd lies in a directory of QEMU's.
        for (String known : List.of("saya-guard", "virtiofsd", "qemu")) {
            if (program.contains(known)) {
                return known.equals("saya-guard") ? "guard" : known;
            }
        }
        return program;
    }

    /** Resident memory in KiB. */
    static long residentKib(long pid) {
        String value = HOST.field("/proc/" + pid + "/status", "VmRSS", ':');
        int blank = value.indexOf(' ');
        return blank <= 0 ? 0 : Long.parseLong(value.substring(0, blank));
    }

    private static boolean isIn(List<Found> family, long pid) {
        return family.stream().anyMatch(process -> process.pid() == pid);
    }

    private static long parent(long pid) {
        String value = HOST.field("/proc/" + pid + "/status", "PPid", ':');
        return value.isEmpty() ? -1 : Long.parseLong(value);
    }

    private static List<Found> all() {
        List<Found> all = new ArrayList<>();
        for (String name : HOST.names("/proc")) {
            if (Character.isDigit(name.charAt(0))) {
                String line = HOST.text("/proc/" + name + "/cmdline");
                if (!line.isEmpty()) {
                    // A process may write over its arguments, as the guard does: one word then.
                    char separator = line.indexOf('\0') < 0 ? ' ' : '\0';
                    all.add(
                            new Found(
                                    Long.parseLong(name),
                                    List.of(line.split(String.valueOf(separator), -1))));
                }
            }
        }
        return all;
    }
}
