package io.saya.template;

import io.saya.lifecycle.Trees;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The templates of a host: a directory for each, which appears whole by a rename, and is known by
 * what its machine is made of. One is made at a time, under a lock that ends with its holder; what
 * that leaves half made goes with the next that takes the lock. Any number of processes may use one
 * store.
 */
public final class TemplateStore {

    /** The most templates that are kept. */
    public static final int MOST = 4;

    /** The most bytes that one may have. */
    public static final long MOST_BYTES = 256L << 20;

    /** One that nobody has started from for so long goes. */
    private static final Duration UNUSED = Duration.ofHours(12);

    /** One that somebody started from within this time does not make room for another. */
    private static final Duration IN_USE = Duration.ofMinutes(10);

    /** The file that says what the machine is made of. */
    private static final String MACHINE = "machine";

    private static final String LOCK = "lock";
    private static final String TEMPLATE = "template-";
    private static final String PART = "part-";
    private static final String GONE = "gone-";

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Path directory;
    private final InstantSource clock;

    /** A store below {@code directory}, which need not exist. */
    public TemplateStore(Path directory) {
        this(directory, InstantSource.system());
    }

    TemplateStore(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * A template.
     *
     * @param path its directory
     * @param bytes what it holds
     * @param lastUsed when a VM last started from it, or when it was made
     */
    public record Template(Path path, long bytes, Instant lastUsed) {}

    /**
     * The template of a machine, which counts as used now; empty if there is none.
     *
     * @param machine what the machine is made of
     */
    public Optional<Path> find(String machine) throws IOException {
        Path path = place(TEMPLATE, machine);
        if (!isOf(path, machine)) {
            return Optional.empty();
        }
        Files.setLastModifiedTime(path, FileTime.from(clock.instant()));
        return Optional.of(path);
    }

    /** The name is short and not proof against who looks for a twin, so the text is compared. */
    private static boolean isOf(Path path, String machine) throws IOException {
        try {
            return Files.readString(path.resolve(MACHINE)).equals(machine);
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    /** A template that is being made; nobody else makes one until it is closed. */
    public final class Making implements AutoCloseable {
        private final Path part;
        private final Path finished;
        private final FileChannel lock;

        private Making(Path part, Path finished, FileChannel lock) {
            this.part = part;
            this.finished = finished;
            this.lock = lock;
        }

        /** The directory to fill. */
        public Path directory() {
            return part;
        }

        /** Lets others see it, as a whole. */
        public void publish() throws IOException {
            Files.setLastModifiedTime(part, FileTime.from(clock.instant()));
            Files.move(part, finished, StandardCopyOption.ATOMIC_MOVE);
        }

        /** Removes what was not published, and lets others make one. */
        @Override
        public void close() throws IOException {
            try (lock) {
                Trees.delete(part);
            }
        }
    }

    /**
     * Begins to make the template of a machine; does not wait.
     *
     * @return empty if it is there, if somebody else makes one, or if there is no room beside those
     *     that are in use
     */
    public Optional<Making> begin(String machine) throws IOException {
        makePrivate(directory);
        FileChannel channel =
                FileChannel.open(
                        directory.resolve(LOCK),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        boolean kept = false;
        try {
            if (lock(channel) == null) {
                return Optional.empty();
            }
            removeRests();
            if (isOf(place(TEMPLATE, machine), machine) || !makeRoom()) {
                return Optional.empty();
            }
            Path part = place(PART, machine);
            makePrivate(part);
            Files.writeString(part.resolve(MACHINE), machine);
            kept = true;
            return Optional.of(new Making(part, place(TEMPLATE, machine), channel));
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // by another thread of this process
        }
    }

    private static void makePrivate(Path path) throws IOException {
        Files.createDirectories(
                path,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** What a maker that died has left, and what could not be removed. */
    private void removeRests() throws IOException {
        for (String prefix : List.of(PART, GONE)) {
            for (Path path : named(prefix)) {
                Trees.delete(path);
            }
        }
    }

    private boolean makeRoom() throws IOException {
        expire();
        List<Template> all = all();
        if (all.size() < MOST) {
            return true;
        }
        Template oldest = all.getFirst();
        if (oldest.lastUsed().isAfter(clock.instant().minus(IN_USE))) {
            return false;
        }
        discard(oldest.path());
        return true;
    }

    /** All templates, the one that was used longest ago first. */
    public List<Template> all() throws IOException {
        List<Template> all = new ArrayList<>();
        for (Path path : named(TEMPLATE)) {
            try {
                all.add(
                        new Template(
                                path,
                                Trees.bytes(path),
                                Files.getLastModifiedTime(path).toInstant()));
            } catch (NoSuchFileException _) {
                // Somebody has just taken it away.
            }
        }
        all.sort(Comparator.comparing(Template::lastUsed));
        return all;
    }

    /** Removes templates that nobody has used for long. */
    public void expire() throws IOException {
        for (Template template : all()) {
            if (template.lastUsed().isBefore(clock.instant().minus(UNUSED))) {
                discard(template.path());
            }
        }
    }

    /** Takes a template away: nobody finds it from now on. Nothing happens if it is gone. */
    public void discard(Path template) throws IOException {
        Path gone =
                directory.resolve(
                        GONE + Long.toHexString(System.nanoTime()) + "-" + template.getFileName());
        try {
            Files.move(template, gone, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException _) {
            return;
        }
        Trees.delete(gone);
    }

    private List<Path> named(String prefix) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory, prefix + "*")) {
            paths.forEach(found::add);
        } catch (NoSuchFileException _) {
            // Nobody has made one yet.
        }
        return found;
    }

    private Path place(String prefix, String machine) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < machine.length(); i++) {
            hash = (hash ^ machine.charAt(i)) * FNV_PRIME;
        }
        return directory.resolve(prefix + Long.toHexString(hash));
    }
}
