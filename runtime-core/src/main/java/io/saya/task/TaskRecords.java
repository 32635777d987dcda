package io.saya.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.failure.RuntimeFailure;
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
 * atomically, in the run directory. Of what cannot be gone on with the reason is written.
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
    static final int VERSION = 1;

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
        private Set<Integer> slots = Set.of();
        private long covers;

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
        sandbox.tasks().whenEnded(this::processChanged);
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

    /**
     * The same of a process of the container, of which nothing else knows: an exec is a hot path,
     * and the sandbox is described at length.
     */
    void processChanged(Container container) {
        note(container, false);
    }

    /**
     * An exec has been added, and nobody could go on with it before it is started: that alone is
     * written, for the rest is described again in a moment.
     */
    void execAdded(Container container, String why) {
        if (!sandbox.live()) {
            giveUp();
            return;
        }
        Written written = of(container);
        written.told.incrementAndGet();
        writing.lock();
        try {
            if (isThere(container)) {
                written.covers = written.told.get();
                replace(
                        file(container.id()),
                        Json.writeBytes(begun(written).put("obstacle", why).build()));
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    private static JsonObject.Builder begun(Written written) {
        return JsonObject.builder().put("version", VERSION).put("order", written.order);
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
            if (written.covers < mine && isThere(container)) {
                written.covers = written.told.get();
                write(container, written);
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

    /** A container has been deleted; returns when the records have nothing of it. */
    void removed(String id) {
        writing.lock();
        try {
            Files.deleteIfExists(file(id));
            Written written = containers.remove(id);
            if (written != null) {
                name(written, Set.of());
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
        Set<Integer> slots = new HashSet<>();
        JsonObject.Builder record = begun(written);
        try {
            JsonObject described =
                    description.of(
                            container,
                            (process, _) -> {
                                HeldStdio streams = standing(process);
                                slots.add(streams.slot());
                                return streams;
                            });
            if (described == null) {
                record.put("obstacle", "container " + container.id() + " is being changed");
            } else {
                record.put("container", described);
            }
        } catch (RuntimeFailure e) {
            record.put("obstacle", String.valueOf(e.getMessage()));
        }
        // Before: what is read there must not be another's already.
        Set<Integer> both = new HashSet<>(written.slots);
        both.addAll(slots);
        name(written, both);
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

    @GuardedBy("writing")
    private void name(Written written, Set<Integer> slots) {
        for (int slot : written.slots) {
            if (!slots.contains(slot)) {
                keeping.named(slot, false);
            }
        }
        for (int slot : slots) {
            keeping.named(slot, true);
        }
        written.slots = Set.copyOf(slots);
    }

    @GuardedBy("writing")
    private void writeSandbox(long mine) throws IOException {
        if (sandboxCovers >= mine) {
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
        if (!given && !Arrays.equals(bytes, sandboxWritten)) {
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
