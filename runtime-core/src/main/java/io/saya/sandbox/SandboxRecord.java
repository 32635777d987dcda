package io.saya.sandbox;

import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What clean-up needs when the daemon is dead: {@code record.json} in the run directory, replaced
 * atomically before each step whose undoing needs it. A process is known by its pid and the time of
 * its start, so that nobody else's is ever killed. The launcher's {@code delete} and {@code saya
 * cleanup} read it; packaging/launcher/README.md has the format. Thread safe.
 */
public final class SandboxRecord {

    /** Name of the file in the run directory. */
    public static final String FILE = "record.json";

    private record RecordedProcess(String name, long pid, long startTime) {}

    private final SandboxIdentity identity;
    private final List<RecordedProcess> processes = new ArrayList<>();
    private final List<String> mounts = new ArrayList<>();

    public SandboxRecord(SandboxIdentity identity) {
        this.identity = identity;
    }

    /** Writes down a process that was started. */
    public synchronized void process(String name, long pid) throws IOException {
        processes.add(new RecordedProcess(name, pid, startTime(pid)));
        save();
    }

    /** Writes down a mount outside of the run directory that is about to be made. */
    public synchronized void mount(Path target) throws IOException {
        mounts.add(target.toString());
        save();
    }

    /** Forgets a mount that was undone. */
    public synchronized void unmounted(Path target) throws IOException {
        if (mounts.remove(target.toString())) {
            save();
        }
    }

    private void save() throws IOException {
        List<JsonValue> started = new ArrayList<>();
        for (RecordedProcess process : processes) {
            started.add(
                    JsonObject.builder()
                            .put("name", process.name())
                            .put("pid", process.pid())
                            .put("start_time", process.startTime())
                            .build());
        }
        JsonObject json =
                JsonObject.builder()
                        .put("version", 1)
                        .put("namespace", identity.namespace())
                        .put("id", identity.id())
                        .put("bundle", identity.bundle().toString())
                        .put("run_directory", identity.runDirectory().toString())
                        .put("processes", new JsonArray(started))
                        .put("mounts", JsonArray.ofStrings(mounts))
                        .build();
        Path temporary = identity.runDirectory().resolve(FILE + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(temporary, Json.writeBytes(json));
        Files.move(
                temporary, identity.runDirectory().resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Field 22 of {@code /proc/pid/stat}: clock ticks since boot when the process started, 0 if
     * there is no such process.
     */
    static long startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The second field, the name, may hold blanks and parentheses; it ends at the last one.
            String[] rest = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(rest[19]);
        } catch (IOException e) {
            return 0;
        }
    }
}
