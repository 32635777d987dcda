package io.saya.cli.cleanup;

import io.saya.cli.host.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a guard wrote down of its acts (packaging/launcher/README.md has the format): what of it
 * should still be there.
 *
 * @param processes that it did not reap
 * @param mounts in the order made
 */
record GuardJournal(List<RecordedProcess> processes, List<String> mounts) {
    /** Its file in the run directory. */
    static final String FILE = "guard.journal";

    /** The name that the guard has in its own journal. */
    static final String GUARD = "guard";

    /** In {@code /proc/PID/stat}, counted from what follows the name: the start time. */
    private static final int START_TIME = 19;

    /**
     * A process, and when it started: ids are used again, the two together are not.
     *
     * @param startTime field 22 of {@code /proc/PID/stat}
     */
    record RecordedProcess(long pid, String startTime, String name) {

        /** Whether the process of this id is the one that was recorded. */
        boolean alive(HostFiles host) {
            String stat = host.text("/proc/" + pid + "/stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
            return fields.length > START_TIME
                    && fields[START_TIME].equals(startTime)
                    && !fields[0].equals("Z");
        }
    }

    /** Reads the journal of a run directory; empty if there is none. Unknown lines are skipped. */
    static GuardJournal of(Path runDirectory) throws IOException {
        Path file = runDirectory.resolve(FILE);
        Map<Long, RecordedProcess> processes = new LinkedHashMap<>();
        List<String> mounts = new ArrayList<>();
        if (!Files.exists(file)) {
            return new GuardJournal(List.of(), List.of());
        }
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "process" -> {
                    if (words.length == 4) {
                        long pid = Long.parseLong(words[1]);
                        processes.put(pid, new RecordedProcess(pid, words[2], words[3]));
                    }
                }
                case "reaped" -> processes.remove(Long.parseLong(words[1]));
                case "mount" -> mounts.add(line.substring("mount ".length()));
                case "unmount" -> {
                    int last = mounts.lastIndexOf(line.substring("unmount ".length()));
                    if (last >= 0) {
                        mounts.remove(last);
                    }
                }
                default -> {}
            }
        }
        return new GuardJournal(List.copyOf(processes.values()), List.copyOf(mounts));
    }

    /** Whether the guard lives, which then owns everything. */
    boolean guarded(HostFiles host) {
        return processes.stream()
                .anyMatch(process -> process.name().equals(GUARD) && process.alive(host));
    }
}
