package io.saya.cli.journal;

import io.saya.cli.host.HostFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a guard wrote down of its acts (packaging/launcher/README.md has the format): what of it
 * should still be there.
 *
 * @param processes that it did not reap
 * @param mounts in the order made
 */
public record GuardJournal(List<RecordedProcess> processes, List<String> mounts) {
    /** Of a sandbox that has none. */
    public static final GuardJournal EMPTY = new GuardJournal(List.of(), List.of());

    /** Its file in the run directory. */
    private static final String FILE = "guard.journal";

    /** The name that the guard has in its own journal. */
    private static final String GUARD = "guard";

    /** The name that the daemon has there. */
    private static final String DAEMON = "daemon";

    private static final Pattern PROCESS = Pattern.compile("process (\\d{1,10}) (\\d+) (.+)");
    private static final Pattern REAPED = Pattern.compile("reaped (\\d{1,10})");
    private static final String MOUNT = "mount ";
    private static final String UNMOUNT = "unmount ";

    /** In {@code /proc/PID/stat}, counted from what follows the name: the start time. */
    private static final int START_TIME = 19;

    /**
     * A process, and when it started: ids are used again, the two together are not.
     *
     * @param startTime field 22 of {@code /proc/PID/stat}
     */
    public record RecordedProcess(long pid, String startTime, String name) {

        /** True if the process with this id is the recorded one. */
        public boolean alive(HostFiles host) {
            String stat = host.text("/proc/" + pid + "/stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
            return fields.length > START_TIME
                    && fields[START_TIME].equals(startTime)
                    && !fields[0].equals("Z");
        }
    }

    /**
     * Reads the journal of a run directory; empty if there is none. Lines that are not whole or not
     * known are skipped: a file system that is full may have cut one.
     */
    public static GuardJournal of(Path runDirectory) throws IOException {
        Path file = runDirectory.resolve(FILE);
        Map<Long, RecordedProcess> processes = new LinkedHashMap<>();
        List<String> mounts = new ArrayList<>();
        if (!Files.exists(file)) {
            return EMPTY;
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
            Matcher process = PROCESS.matcher(line);
            Matcher reaped = REAPED.matcher(line);
            if (process.matches()) {
                long pid = Long.parseLong(process.group(1));
                processes.put(pid, new RecordedProcess(pid, process.group(2), process.group(3)));
            } else if (reaped.matches()) {
                processes.remove(Long.parseLong(reaped.group(1)));
            } else if (line.startsWith(MOUNT)) {
                mounts.add(line.substring(MOUNT.length()));
            } else if (line.startsWith(UNMOUNT)) {
                int last = mounts.lastIndexOf(line.substring(UNMOUNT.length()));
                if (last >= 0) {
                    mounts.remove(last);
                }
            }
        }
        return new GuardJournal(List.copyOf(processes.values()), List.copyOf(mounts));
    }

    /** The processes that still run. */
    public List<RecordedProcess> alive(HostFiles host) {
        return processes.stream().filter(process -> process.alive(host)).toList();
    }

    /** The daemon's id, 0 if it does not live. */
    public long daemonPid(HostFiles host) {
        return alive(host).stream()
                .filter(process -> process.name().equals(DAEMON))
                .mapToLong(RecordedProcess::pid)
                .findFirst()
                .orElse(0);
    }

    /** True if the guard lives; it owns everything then. */
    public boolean guarded(HostFiles host) {
        return processes.stream()
                .anyMatch(process -> process.name().equals(GUARD) && process.alive(host));
    }
}
