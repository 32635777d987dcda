package io.saya.task;

import io.saya.container.ExitStatus;
import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What has become of execs since their containers were written down ({@link TaskRecords}): a line
 * for each change, appended to a file that stays open, since execs come and go while nothing else
 * of a container changes.
 *
 * <pre>
 *     {"line":7,"order":2,"exec":"e1","obstacle":"..."}                 why nobody can go on with it
 *     {"line":8,"order":2,"exec":"e1","process":{...}}                  all that there is to tell
 *     {"line":9,"order":2,"exec":"e1","exit":0,"second":1,"nano":2}     it has ended
 *     {"line":10,"order":2,"exec":"e1"}                                 it has been deleted
 * </pre>
 *
 * A container's record names the last line that it takes in, and is told from others by its order.
 * Lines are written one by one, each by one call: of a daemon that dies the last one may be cut,
 * and its client has had no answer. Not thread safe.
 */
final class ExecJournal {
    /** The file in the directory of the records. */
    static final String FILE = "execs";

    /** In a container's record: the last line that it takes in. */
    static final String COVERS = "line";

    private static final String ORDER = "order";
    private static final String EXEC = "exec";
    private static final String OBSTACLE = "obstacle";
    private static final String PROCESS = "process";
    private static final String EXIT = "exit";

    /**
     * Longer than this it is replaced by records: some fifty execs, so that they cost an exec
     * nothing, and a page or two of memory that the daemon's cgroup is charged for.
     */
    private static final int ENOUGH_BYTES = 32 << 10;

    private final Path file;
    private @Nullable FileOutputStream out;
    private long last;
    private int bytes;

    /**
     * A journal without lines.
     *
     * @param directory of the records; need not be there before the first line
     */
    ExecJournal(Path directory) {
        this.file = directory.resolve(FILE);
    }

    /**
     * Its lines are those of another daemon, which writes no more; others come behind them, and
     * make the file no longer than those of one daemon would.
     */
    void goOn() throws IOException {
        for (Line line : read(file)) {
            last = Math.max(last, line.number());
        }
        if (Files.exists(file)) {
            try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
                bytes = whole(Files.readAllBytes(file));
                cut.setLength(bytes);
            }
        }
    }

    /** The length without a last line that was cut. */
    private static int whole(byte[] text) {
        int length = text.length;
        while (length > 0 && text[length - 1] != '\n') {
            length--;
        }
        return length;
    }

    /** The number of the last line. */
    long last() {
        return last;
    }

    /** True if records should be written in the place of its lines. */
    boolean isLong() {
        return bytes >= ENOUGH_BYTES;
    }

    /** Nobody can go on with an exec. */
    void obstacle(long order, String exec, String why) throws IOException {
        StringBuilder line = begin(order, exec).append(",\"obstacle\":");
        write(line.append(Json.write(new JsonString(why))));
    }

    /** An exec, as {@link TaskDescription} has it. */
    void process(long order, String exec, JsonObject process) throws IOException {
        write(begin(order, exec).append(",\"process\":").append(Json.write(process)));
    }

    /** An exec of which a line tells has ended. */
    void ended(long order, String exec, ExitStatus exit) throws IOException {
        Instant at = exit.at();
        write(
                begin(order, exec)
                        .append(",\"exit\":")
                        .append(exit.status())
                        .append(",\"second\":")
                        .append(at.getEpochSecond())
                        .append(",\"nano\":")
                        .append(at.getNano()));
    }

    /** There is no such exec any more. */
    void removed(long order, String exec) throws IOException {
        write(begin(order, exec));
    }

    private StringBuilder begin(long order, String exec) {
        return new StringBuilder(256)
                .append("{\"line\":")
                .append(last + 1)
                .append(",\"order\":")
                .append(order)
                .append(",\"exec\":")
                .append(Json.write(new JsonString(exec)));
    }

    private void write(StringBuilder line) throws IOException {
        byte[] text = line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
        FileOutputStream open = out;
        if (open == null) {
            open = new FileOutputStream(file.toFile(), true);
            out = open;
        }
        open.write(text);
        bytes += text.length;
        last++;
    }

    /** Forgets its lines; all that they tell stands in records. */
    void clear() throws IOException {
        FileOutputStream open = out;
        out = null;
        bytes = 0;
        if (open != null) {
            open.close();
        }
        Files.deleteIfExists(file);
    }

    /**
     * A change.
     *
     * @param number of the line
     * @param order of the container
     */
    record Line(long number, long order, String exec, JsonObject told) {}

    /**
     * Reads what a daemon has left.
     *
     * @throws io.saya.json.JsonException if a line is none that a daemon has written
     */
    static List<Line> read(Path file) throws IOException {
        List<Line> lines = new ArrayList<>();
        if (!Files.exists(file)) {
            return lines;
        }
        byte[] bytes = Files.readAllBytes(file);
        // A line that was cut may end within a character.
        String text = new String(bytes, 0, whole(bytes), StandardCharsets.UTF_8);
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            JsonObject told = Json.parseObject(text.substring(from, end));
            lines.add(
                    new Line(
                            told.integer(COVERS).orElse(0),
                            told.integer(ORDER).orElse(0),
                            told.string(EXEC).orElse(""),
                            told));
            from = end + 1;
        }
        return lines;
    }

    /**
     * A container as it is by these lines.
     *
     * @param record the container's
     * @throws RuntimeFailure FAILED_PRECONDITION if nobody can go on with one of its execs
     */
    static JsonObject applied(JsonObject record, List<Line> lines) {
        JsonObject container = record.object("container").orElse(JsonObject.EMPTY);
        Map<String, JsonObject> execs = new LinkedHashMap<>();
        for (JsonObject exec : container.array("execs").orElse(JsonArray.EMPTY).objects()) {
            execs.put(exec.string(EXEC).orElse(""), exec);
        }
        Map<String, String> obstacles = new LinkedHashMap<>();
        long covered = record.integer(COVERS).orElse(0);
        long order = record.integer(ORDER).orElse(0);
        for (Line line : lines) {
            if (line.order() == order && line.number() > covered) {
                apply(line, execs, obstacles);
            }
        }
        for (String why : obstacles.values()) {
            throw RuntimeFailure.failedPrecondition(why);
        }
        List<JsonValue> now = new ArrayList<>(execs.values());
        return container.toBuilder().put("execs", new JsonArray(now)).build();
    }

    private static void apply(
            Line line, Map<String, JsonObject> execs, Map<String, String> obstacles) {
        JsonObject told = line.told();
        String exec = line.exec();
        if (told.integer(EXIT).isPresent()) {
            execs.computeIfPresent(exec, (_, running) -> ended(running, told));
            return;
        }
        execs.remove(exec);
        obstacles.remove(exec);
        told.string(OBSTACLE).ifPresent(why -> obstacles.put(exec, why));
        told.object(PROCESS).ifPresent(process -> execs.put(exec, process));
    }

    private static JsonObject ended(JsonObject running, JsonObject told) {
        return TaskDescription.exit(
                        running.toBuilder(),
                        new ExitStatus(
                                (int) told.integer(EXIT).orElse(ExitStatus.UNKNOWN),
                                Instant.ofEpochSecond(
                                        told.integer("second").orElse(0),
                                        told.integer("nano").orElse(0))))
                .build();
    }
}
