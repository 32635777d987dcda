package io.saya.task;

import io.saya.failure.RuntimeFailure;
import io.saya.io.HeldStdio;
import io.saya.io.HeldStream;
import io.saya.io.StreamPositions;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sandbox and its containers as a daemon that has died has left them ({@link TaskRecords}), in
 * the words of a handover: streams go on where their counters stand, and the exits of processes
 * that have ended are told once more, since nobody knows whether the dead daemon could.
 *
 * @param sandbox as {@link TaskHandover.Held#sandbox}
 * @param containers as {@link TaskHandover.Held#containers}
 */
public record StandingTasks(JsonObject sandbox, JsonArray containers) {

    /** Of a container: its exits, and those of its execs, are told again. */
    static final String TELL = "tell_exits";

    /**
     * Reads what the dead daemon has left. Nobody may write there any more.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION if the sandbox cannot be gone on with, with the
     *     reason
     */
    public static StandingTasks read(Path runDirectory) {
        Path directory = TaskRecords.directory(runDirectory);
        Path ofSandbox = directory.resolve(TaskRecords.OF_SANDBOX);
        if (!Files.exists(ofSandbox)) {
            throw RuntimeFailure.failedPrecondition(
                    "nothing is written down of the sandbox (expected: " + ofSandbox + ")");
        }
        JsonObject sandbox = content(ofSandbox, "sandbox");
        List<JsonObject> records = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(
                        directory, TaskRecords.PREFIX + "*" + TaskRecords.SUFFIX)) {
            for (Path file : files) {
                records.add(record(file, "container"));
            }
        } catch (IOException e) {
            throw unreadable(directory, e);
        }
        records.sort(Comparator.comparingLong(record -> record.integer("order").orElse(0)));
        List<ExecJournal.Line> lines = lines(directory.resolve(ExecJournal.FILE));
        Counted counted = new Counted(runDirectory);
        List<JsonValue> containers = new ArrayList<>();
        for (JsonObject record : records) {
            containers.add(counted.container(ExecJournal.applied(record, lines)));
        }
        return new StandingTasks(sandbox, new JsonArray(containers));
    }

    private static List<ExecJournal.Line> lines(Path file) {
        try {
            return ExecJournal.read(file);
        } catch (IOException | JsonException e) {
            throw unreadable(file, e);
        }
    }

    private static JsonObject content(Path file, String name) {
        return record(file, name).object(name).orElse(JsonObject.EMPTY);
    }

    /** A record with the member of this name. */
    private static JsonObject record(Path file, String name) {
        JsonObject record;
        try {
            record = Json.parseObject(Files.readAllBytes(file));
        } catch (IOException | JsonException e) {
            throw unreadable(file, e);
        }
        long version = record.integer("version").orElse(0);
        if (version != TaskRecords.VERSION) {
            throw RuntimeFailure.failedPrecondition(
                    file + ": version " + version + " (expected: " + TaskRecords.VERSION + ")");
        }
        record.string("obstacle")
                .ifPresent(
                        why -> {
                            throw RuntimeFailure.failedPrecondition(why);
                        });
        if (record.object(name).isEmpty()) {
            throw RuntimeFailure.failedPrecondition(file + " has no " + name);
        }
        return record;
    }

    private static RuntimeFailure unreadable(Path file, Exception cause) {
        return new RuntimeFailure(
                RuntimeFailure.Kind.FAILED_PRECONDITION,
                file + " cannot be read: " + cause.getMessage(),
                cause);
    }

    /** Puts in how far streams have come. */
    private static final class Counted {
        private final Path runDirectory;
        private @Nullable StreamPositions positions;

        Counted(Path runDirectory) {
            this.runDirectory = runDirectory;
        }

        JsonObject container(JsonObject container) {
            String id = container.string("id").orElse("");
            List<JsonValue> execs = new ArrayList<>();
            for (JsonObject exec : container.array("execs").orElse(JsonArray.EMPTY).objects()) {
                execs.add(process(id, exec));
            }
            return container.toBuilder()
                    .put("init", process(id, container.object("init").orElse(JsonObject.EMPTY)))
                    .put("execs", new JsonArray(execs))
                    .put(TELL, true)
                    .build();
        }

        private JsonObject process(String container, JsonObject process) {
            String exec = process.string("exec").orElse("");
            String name =
                    exec.isEmpty()
                            ? "container " + container
                            : "exec " + exec + " of container " + container;
            HeldStdio streams = TaskDescription.stdio(process);
            if (!streams.counted()) {
                throw RuntimeFailure.failedPrecondition(
                        name + ": how far its streams have come is not counted");
            }
            StreamPositions.Slot slot = slot(name, streams.slot());
            return process.toBuilder()
                    .put("stdout", TaskDescription.json(now(streams.stdout(), slot.stdout())))
                    .put("stderr", TaskDescription.json(now(streams.stderr(), slot.stderr())))
                    .put("stdin_open", stdinOpen(name, process, streams, slot))
                    .build();
        }

        private StreamPositions.Slot slot(String name, int number) {
            try {
                if (positions == null) {
                    positions = StreamPositions.read(runDirectory);
                }
                return positions.slot(number);
            } catch (IOException | IllegalArgumentException e) {
                throw new RuntimeFailure(
                        RuntimeFailure.Kind.FAILED_PRECONDITION,
                        name + ": how far its streams have come is not known: " + e.getMessage(),
                        e);
            }
        }

        private static HeldStream now(HeldStream stream, StreamPositions.Counter counter) {
            if (stream.stage() == HeldStream.Stage.NEW) {
                return stream;
            }
            return counter.ended()
                    ? new HeldStream(HeldStream.Stage.ENDED, 0, 0, 0, stream.kept(), stream.end())
                    : new HeldStream(
                            HeldStream.Stage.READING,
                            0,
                            counter.bytes() + 1,
                            counter.bytes(),
                            stream.kept(),
                            stream.end());
        }

        /** Says whether more of it may come, unless what has come is on its way. */
        private static boolean stdinOpen(
                String name, JsonObject process, HeldStdio streams, StreamPositions.Slot slot) {
            StreamPositions.Counter read = slot.stdinRead();
            StreamPositions.Counter given = slot.stdinGiven();
            if (!streams.attached() || !streams.stdinOpen() || given.ended()) {
                return streams.stdinOpen() && !given.ended();
            }
            if (read.bytes() != given.bytes()) {
                throw RuntimeFailure.failedPrecondition(
                        name
                                + ": of its input "
                                + (read.bytes() - given.bytes())
                                + " bytes were on their way to the guest");
            }
            boolean terminal =
                    process.object("io").flatMap(io -> io.bool("terminal")).orElse(false);
            if (read.ended() && terminal) {
                throw RuntimeFailure.failedPrecondition(
                        name + ": the end of its input was on its way to the guest");
            }
            if (!read.ended() && !streams.stdinEnd().isHeld()) {
                throw RuntimeFailure.failedPrecondition(
                        name + ": its input is no FIFO that the guard holds");
            }
            return !read.ended();
        }
    }
}
