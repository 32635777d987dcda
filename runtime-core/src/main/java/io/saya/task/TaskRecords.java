package io.saya.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.failure.RuntimeFailure;
import io.saya.io.DeferredStdio;
import io.saya.io.HeldStdio;
import io.saya.io.StreamKeeping;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes down what another daemon needs to know to go on with the sandbox if this one dies ({@link
 * StandingTasks} reads it), each time that it changes, and before clients know that it has: what
 * {@link TaskHandover} tells, but for how far streams have come ({@link
 * io.saya.io.StreamPositions}). A file for each container and one for the sandbox, replaced
 * atomically, in the run directory, and one with what has become of execs since ({@link
 * ExecJournal}). Of what cannot be gone on with the reason is written.
 *
 * <p>Thread safe. A call blocks for a few writes to a file system in memory, never for the guest.
 */
public final class TaskRecords {
    /** The directory in the run directory. */
    static final String DIRECTORY = "standing";

    static final String OF_SANDBOX = "sandbox.json";
    static final String PREFIX = "container-";
    static final String SUFFIX = ".json";

    /** Of the format: a daemon of another one lets the sandbox end. */
    static final int VERSION = 2;

    private static final Log LOG = Log.of("records");

    private final Sandbox sandbox;
    private final StreamKeeping keeping;
    private final TaskDescription description;
    private final Path directory;
    private final AtomicBoolean follows = new AtomicBoolean();
    private final AtomicLong ofSandbox = new AtomicLong();
    private final ReentrantLock writing = new ReentrantLock();

    @GuardedBy("writing")
    private final Map<String, Written> containers = new HashMap<>();

    @GuardedBy("writing")
    private final ExecJournal execs;

    @GuardedBy("writing")
    private byte[] sandboxWritten = {};

    @GuardedBy("writing")
    private long sandboxCovers;

    @GuardedBy("writing")
    private long lastOrder;

    @GuardedBy("writing")
    private boolean made;

    @GuardedBy("writing")
    private boolean given;

    /** What stands of a container. */
    private static final class Written {
        /** Of the changes that were told so far. */
        private final AtomicLong told = new AtomicLong();

        private final long order;

        /** Of the processes that are told of, by exec id. */
        private Map<String, Integer> slots = new HashMap<>();

        private long covers;

        /** True if it tells all, so that what becomes of an exec can be told alone. */
        private boolean whole;

        /** True if the journal tells more of it. */
        private boolean followed;

        Written(long order) {
            this.order = order;
        }
    }

    /**
     * Records that are empty until the first container has been made.
     *
     * @param keeping counts streams; told which of its slots a record names
     */
    public TaskRecords(Sandbox sandbox, StreamKeeping keeping) {
        this.sandbox = sandbox;
        this.keeping = keeping;
        this.description = new TaskDescription(sandbox);
        this.directory = directory(sandbox.identity().runDirectory());
        this.execs = new ExecJournal(directory);
        sandbox.tasks().whenEnded(this::ended);
    }

    static Path directory(Path runDirectory) {
        return runDirectory.resolve(DIRECTORY);
    }

    /** Makes what another daemon has written void: nobody will write it any more. */
    static void discard(Path runDirectory) {
        try {
            Files.deleteIfExists(directory(runDirectory).resolve(OF_SANDBOX));
        } catch (IOException e) {
            LOG.warn("a record stays that is not true any more", "error", e);
        }
    }

    /** Begins with what another daemon has handed over: all of it is written anew. */
    void goOn() {
        writing.lock();
        try {
            if (given) {
                return;
            }
            execs.goOn();
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
        Set<String> there = new HashSet<>();
        for (Container container : sandbox.tasks().all()) {
            changed(container);
            there.add(file(container.id()).getFileName().toString());
        }
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                if (!there.contains(file.getFileName().toString())) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    /**
     * Something of a container has changed, and with it perhaps something of the sandbox; returns
     * when it stands in the records.
     */
    void changed(Container container) {
        note(container, true);
    }

    /** The same of nothing but its first process: the sandbox is described at length. */
    void initChanged(Container container) {
        note(container, false);
    }

    /** What has become of an exec. */
    private enum Change {
        /** Nobody could go on with it before it is started. */
        ADDED,
        DESCRIBED,
        ENDED,
        REMOVED
    }

    /** An exec has been added: only that is written, for the rest is described in a moment. */
    void execAdded(Container container, ContainerProcess exec) {
        note(container, exec, Change.ADDED);
    }

    /** Something of an exec has changed. */
    void execChanged(Container container, ContainerProcess exec) {
        note(container, exec, Change.DESCRIBED);
    }

    /** An exec has been deleted. */
    void execRemoved(Container container, ContainerProcess exec) {
        note(container, exec, Change.REMOVED);
    }

    private void ended(Container container, ContainerProcess process) {
        if (process.isInit()) {
            initChanged(container);
        } else {
            note(container, process, Change.ENDED);
        }
    }

    /**
     * Writes what has become of an exec: an exec is a hot path, and nothing else of its container
     * has changed.
     */
    private void note(Container container, ContainerProcess exec, Change change) {
        if (!sandbox.live()) {
            giveUp();
            return;
        }
        writing.lock();
        try {
            if (given || !isThere(container)) {
                return;
            }
            Written written = of(container);
            if (written.whole) {
                append(container, exec, change, written);
            } else {
                writeWhole(container, written);
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    @GuardedBy("writing")
    private void append(Container container, ContainerProcess exec, Change change, Written written)
            throws IOException {
        String id = exec.execId();
        ContainerProcess there = sandbox.tasks().locked(() -> container.execs().get(id));
        if (there != (change == Change.REMOVED ? null : exec)) {
            return; // another one has taken its place, or it is gone: that is told as well
        }
        switch (change) {
            case ADDED -> {
                execs.obstacle(
                        written.order, id, exec.describe() + ": " + DeferredStdio.NOT_STARTED);
                name(written, id, HeldStdio.UNCOUNTED);
            }
            case DESCRIBED -> describe(container, exec, written);
            case ENDED -> end(container, exec, written);
            case REMOVED -> {
                execs.removed(written.order, id);
                name(written, id, HeldStdio.UNCOUNTED);
            }
        }
        written.followed = true;
        shorten();
    }

    @GuardedBy("writing")
    private void end(Container container, ContainerProcess exec, Written written)
            throws IOException {
        ProcessState state = sandbox.tasks().locked(() -> container.stateOf(exec));
        if (written.slots.containsKey(exec.execId())
                && state instanceof ProcessState.Stopped(ExitStatus exit)) {
            execs.ended(written.order, exec.execId(), exit);
        } else {
            describe(container, exec, written);
        }
    }

    @GuardedBy("writing")
    private void describe(Container container, ContainerProcess exec, Written written)
            throws IOException {
        try {
            HeldStdio streams = standing(exec);
            // Before: what is read there must not be another's already.
            keeping.named(streams.slot(), true);
            execs.process(written.order, exec.execId(), description.of(container, exec, streams));
            name(written, exec.execId(), streams.slot());
        } catch (RuntimeFailure e) {
            execs.obstacle(written.order, exec.execId(), String.valueOf(e.getMessage()));
        }
    }

    /** Writes anew, and as a whole, what the journal has become too long to tell. */
    @GuardedBy("writing")
    private void shorten() throws IOException {
        if (!execs.isLong()) {
            return;
        }
        for (Container container : sandbox.tasks().all()) {
            Written written = containers.get(container.id());
            if (written != null && written.followed) {
                writeWhole(container, written);
            }
        }
        execs.clear();
    }

    @GuardedBy("writing")
    private void writeWhole(Container container, Written written) throws IOException {
        written.covers = written.told.get();
        write(container, written);
    }

    @GuardedBy("writing")
    private JsonObject.Builder begun(Written written) {
        return JsonObject.builder()
                .put("version", VERSION)
                .put("order", written.order)
                .put(ExecJournal.COVERS, execs.last());
    }

    private void note(Container container, boolean andSandbox) {
        if (follows.compareAndSet(false, true)) {
            sandbox.whenChanged(this::guestChanged);
        }
        if (!sandbox.live()) {
            giveUp();
            return;
        }
        Written written = of(container);
        long mine = written.told.incrementAndGet();
        long mineOfSandbox = andSandbox ? ofSandbox.incrementAndGet() : 0;
        writing.lock();
        try {
            // One that has written meanwhile may have found this change as well. A container that
            // is gone has no record, or has lost it after this.
            if (!given && written.covers < mine && isThere(container)) {
                writeWhole(container, written);
            }
            writeSandbox(mineOfSandbox);
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    private boolean isThere(Container container) {
        return sandbox.tasks().find(container.id()).filter(container::equals).isPresent();
    }

    /**
     * A container has been deleted; returns when the records have nothing of it. What stands there
     * of another one of its id stays: two that delete a container are not done in one moment.
     */
    void removed(Container container) {
        writing.lock();
        try {
            if (sandbox.tasks()
                    .find(container.id())
                    .filter(is -> !is.equals(container))
                    .isEmpty()) {
                Files.deleteIfExists(file(container.id()));
                Written written = containers.remove(container.id());
                if (written != null) {
                    name(written, Map.of());
                }
            }
            if (sandbox.live()) {
                writeSandbox(ofSandbox.incrementAndGet());
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    private void guestChanged() {
        if (!sandbox.live()) {
            giveUp();
            return;
        }
        long mine = ofSandbox.incrementAndGet();
        writing.lock();
        try {
            writeSandbox(mine);
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    private Written of(Container container) {
        writing.lock();
        try {
            return containers.computeIfAbsent(container.id(), _ -> new Written(++lastOrder));
        } finally {
            writing.unlock();
        }
    }

    @GuardedBy("writing")
    private void write(Container container, Written written) throws IOException {
        Map<String, Integer> slots = new HashMap<>();
        written.followed = false;
        written.whole = false;
        JsonObject.Builder record = begun(written);
        try {
            JsonObject described =
                    description.of(
                            container,
                            (process, _) -> {
                                HeldStdio streams = standing(process);
                                slots.put(process.execId(), streams.slot());
                                return streams;
                            });
            if (described == null) {
                record.put("obstacle", "container " + container.id() + " is being changed");
            } else {
                record.put("container", described);
                written.whole = true;
            }
        } catch (RuntimeFailure e) {
            record.put("obstacle", String.valueOf(e.getMessage()));
        }
        // Before: what is read there must not be another's already.
        for (int slot : slots.values()) {
            keeping.named(slot, true);
        }
        replace(file(container.id()), Json.writeBytes(record.build()));
        name(written, slots);
    }

    private static HeldStdio standing(ContainerProcess process) {
        try {
            return process.stdio().standing();
        } catch (RuntimeFailure e) {
            throw new RuntimeFailure(e.kind(), process.describe() + ": " + e.getMessage(), e);
        }
    }

    /** From now on these slots are named, and no others of the container's. */
    @GuardedBy("writing")
    private void name(Written written, Map<String, Integer> slots) {
        for (int slot : written.slots.values()) {
            if (!slots.containsValue(slot)) {
                keeping.named(slot, false);
            }
        }
        written.slots = new HashMap<>(slots);
    }

    /** The same for one exec. */
    @GuardedBy("writing")
    private void name(Written written, String exec, int slot) {
        Integer before =
                slot == HeldStdio.UNCOUNTED
                        ? written.slots.remove(exec)
                        : written.slots.put(exec, slot);
        if (before != null && before != slot) {
            keeping.named(before, false);
        }
    }

    @GuardedBy("writing")
    private void writeSandbox(long mine) throws IOException {
        if (given || sandboxCovers >= mine) {
            return;
        }
        sandboxCovers = ofSandbox.get();
        JsonObject.Builder record = JsonObject.builder().put("version", VERSION);
        try {
            record.put("sandbox", sandbox.describe());
        } catch (RuntimeFailure e) {
            record.put("obstacle", String.valueOf(e.getMessage()));
        }
        byte[] bytes = Json.writeBytes(record.build());
        if (!Arrays.equals(bytes, sandboxWritten)) {
            replace(directory.resolve(OF_SANDBOX), bytes);
            sandboxWritten = bytes;
        }
    }

    @GuardedBy("writing")
    private void replace(Path file, byte[] bytes) throws IOException {
        if (!made) {
            Files.createDirectories(directory);
            made = true;
        }
        // Not java.nio.file.Files, whose calls take three times as long on a virtual thread.
        File fresh = directory.resolve("new").toFile();
        try (FileOutputStream out = new FileOutputStream(fresh)) {
            out.write(bytes);
        }
        if (!fresh.renameTo(file.toFile())) {
            throw new IOException(fresh + " cannot be renamed to " + file);
        }
    }

    private Path file(String id) {
        return directory.resolve(PREFIX + id + SUFFIX);
    }

    /** Nobody will go on with the sandbox: nothing is written any more, no stream is kept. */
    void abandon() {
        keeping.end();
        giveUp();
    }

    /** Nobody goes on with a sandbox that stops. */
    private void giveUp() {
        writing.lock();
        try {
            if (!given) {
                given = true;
                discard(sandbox.identity().runDirectory());
            }
        } finally {
            writing.unlock();
        }
    }

    /** Nobody goes on by records that are not true. */
    private void fail(Exception cause) {
        LOG.warn("the sandbox would end with this daemon: no records", "error", cause);
        giveUp();
    }
}
