package io.saya.cli.sandbox;

import io.saya.cli.host.HostFiles;
import io.saya.cli.journal.GuardJournal;
import io.saya.cli.journal.GuardJournal.RecordedProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processes of the host that belong to a sandbox: those that its guard wrote down, by id and start
 * time, and what these have started. Their command lines say nothing: any user of the host can
 * start a program with the words of another.
 */
final class HostProcesses {
    private static final HostFiles HOST = new HostFiles(Path.of("/"));

    private HostProcesses() {}

    /**
     * A process.
     *
     * @param role {@code guard}, {@code daemon}, {@code qemu}, {@code virtiofsd}, {@code task}, or
     *     the name of its program; a process that nobody wrote down has its parent's
     */
    record Found(long pid, String role) {}

    /** The daemon of a sandbox, 0 if none lives. */
    static long daemonOf(GuardJournal journal) {
        return journal.daemonPid(HOST);
    }

    /** All processes of a sandbox that live, parents before their children. */
    static List<Found> of(GuardJournal journal) {
        Map<Long, List<Long>> children = children();
        List<RecordedProcess> recorded = journal.alive(HOST);
        List<Found> found = new ArrayList<>();
        for (RecordedProcess process : recorded) {
            found.add(new Found(process.pid(), role(process.name())));
        }
        // What is found stands behind what it is a child of, and is looked at in its turn.
        for (int i = 0; i < found.size(); i++) {
            Found parent = found.get(i);
            for (long child : children.getOrDefault(parent.pid(), List.of())) {
                if (found.stream().noneMatch(known -> known.pid() == child)) {
                    found.add(new Found(child, parent.role()));
                }
            }
        }
        return found;
    }

    /** Resident memory in KiB. */
    static long residentKib(long pid) {
        String value = HOST.field("/proc/" + pid + "/status", "VmRSS", ':');
        int blank = value.indexOf(' ');
        return blank <= 0 ? 0 : Long.parseLong(value.substring(0, blank));
    }

    /** In a word that does not depend on the program's path; the guard names what it starts. */
    private static String role(String name) {
        if (name.startsWith("qemu")) {
            return "qemu";
        }
        return name.equals("saya-task") ? "task" : name;
    }

    /** The children of each process of the host. */
    private static Map<Long, List<Long>> children() {
        Map<Long, List<Long>> children = new HashMap<>();
        for (String name : HOST.names("/proc")) {
            if (Character.isDigit(name.charAt(0))) {
                String parent = HOST.field("/proc/" + name + "/status", "PPid", ':');
                if (!parent.isEmpty()) {
                    children.computeIfAbsent(Long.valueOf(parent), _ -> new ArrayList<>())
                            .add(Long.valueOf(name));
                }
            }
        }
        return children;
    }
}
