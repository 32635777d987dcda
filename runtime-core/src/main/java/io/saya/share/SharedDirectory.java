package io.saya.share;

import io.saya.host.MountFlag;
import io.saya.lifecycle.Waited;
import io.saya.share.HostMounts.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tree that virtiofsd shows to one guest (runtime-core/kata.md#directories-on-the-host).
 *
 * <pre>
 *   run directory/mounts/   everything shared is bind-mounted one level below; mounts spread from here
 *   run directory/shared/   the same tree, read-only at its top: what virtiofsd exports. A hostile guest can
 *                           write into what was shared with it for writing, and cannot fill the host's /run
 *   run directory/staging/  a share is first made here, where nothing spreads, and cut off from its source
 * </pre>
 *
 * Both are mount points of their own because {@code /} need not be a shared mount: virtiofsd lives
 * in a mount namespace that is a slave of the host's and would otherwise not see what is mounted
 * after it started. Thread safe.
 */
public final class SharedDirectory {

    /** The tag under which the guest mounts the tree. */
    public static final String TAG = "kataShared";

    /** Where the guest mounts it. */
    public static final String GUEST_PATH = "/run/kata-containers/shared/containers/";

    /** For whom another is making a share: a disk takes 10 s at most, the mounts much less. */
    private static final Duration SHARE_LIMIT = Duration.ofSeconds(30);

    private final Path mounts;
    private final Path shared;
    private final Path staging;
    private final HostMounts host;
    private final AtomicLong stages = new AtomicLong();

    /** Taken back as a whole: a container that is still being created must not make it anew. */
    private volatile boolean released;

    private final List<Path> bound = Collections.synchronizedList(new ArrayList<>());
    private final ConcurrentMap<String, FutureTask<Optional<Share>>> once =
            new ConcurrentHashMap<>();

    private final IdleShares idle = new IdleShares();

    private SharedDirectory(Path runDirectory, HostMounts host) {
        this.mounts = runDirectory.resolve("mounts");
        this.shared = runDirectory.resolve("shared");
        this.staging = runDirectory.resolve("staging");
        this.host = host;
    }

    /** Makes the tree below {@code runDirectory}. On failure nothing stays mounted. */
    public static SharedDirectory create(Path runDirectory, HostMounts host) throws IOException {
        SharedDirectory directory = new SharedDirectory(runDirectory, host);
        var mode =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectory(directory.mounts, mode);
        Files.createDirectory(directory.shared, mode);
        Files.createDirectory(directory.staging, mode);
        try {
            host.bind(directory.staging, directory.staging, false);
            host.propagate(directory.staging, MountFlag.PRIVATE);
            host.bind(directory.mounts, directory.mounts, false);
            host.propagate(directory.mounts, MountFlag.PRIVATE);
            host.propagate(directory.mounts, MountFlag.SHARED);
            host.bind(directory.mounts, directory.shared, true);
            host.propagate(directory.shared, MountFlag.SLAVE);
            host.propagate(directory.shared, MountFlag.SHARED);
        } catch (IOException e) {
            directory.release(e::addSuppressed);
            throw e;
        }
        return directory;
    }

    /**
     * The tree below {@code runDirectory} that another daemon has made.
     *
     * @param names as {@link #names} told there
     */
    public static SharedDirectory standing(Path runDirectory, HostMounts host, List<String> names) {
        SharedDirectory directory = new SharedDirectory(runDirectory, host);
        for (String name : names) {
            Path target = directory.mounts.resolve(name);
            directory.bound.add(target);
            Share share = new Share(GUEST_PATH + name, target);
            FutureTask<Optional<Share>> made = new FutureTask<>(() -> Optional.of(share));
            made.run();
            directory.once.put(name, made);
            // Containers that are there already use it; which, and for how long, is not known here.
            directory.use(name);
        }
        return directory;
    }

    /** The names of all that is shared, in the order in which it was. */
    public List<String> names() {
        synchronized (bound) {
            return bound.stream().map(target -> mounts.relativize(target).toString()).toList();
        }
    }

    /** What is shared below the directory of this name, in that order. */
    List<Share> below(String name) {
        return names().stream()
                .filter(one -> one.startsWith(name + "/"))
                .map(one -> new Share(GUEST_PATH + one, mounts.resolve(one)))
                .toList();
    }

    /** The directory that virtiofsd exports. */
    public Path exported() {
        return shared;
    }

    /**
     * Shows {@code source}, a directory or a file, to the guest.
     *
     * @param name path below the tree, such as {@code <container>/rootfs}; no component may be
     *     {@code ..}
     * @param access what the guest can do with it, whatever it tries
     * @return the share; the caller releases it
     * @throws IOException also when all has been taken back
     */
    public Share share(String name, Path source, Access access) throws IOException {
        return share(name, access, stage -> host.bind(source, stage, false), source);
    }

    /** Makes what is shown appear at a place where it is cut off from its source. */
    @FunctionalInterface
    private interface Staging {
        void bind(Path stage) throws IOException;
    }

    private Share share(String name, Access access, Staging staging, Path source)
            throws IOException {
        Path target = mounts.resolve(name).normalize();
        if (!target.startsWith(mounts) || target.equals(mounts)) {
            throw new IOException(
                    "share " + name + " leaves the shared directory (expected: a path below it)");
        }
        if (released) {
            throw new IOException("share " + name + ": the sandbox has ended");
        }
        Files.createDirectories(target.getParent());
        if (Files.isDirectory(source)) {
            Files.createDirectories(target);
        } else {
            Files.createFile(target);
        }
        bound.add(target);
        try {
            spread(staging, source, target, access);
        } catch (IOException e) {
            release(target, e::addSuppressed);
            throw e;
        }
        return new Share(GUEST_PATH + name, target);
    }

    /** Returns where the guest finds what was shared as {@code name}, if anything was. */
    Optional<String> guestPath(String name) {
        return bound.contains(mounts.resolve(name))
                ? Optional.of(GUEST_PATH + name)
                : Optional.empty();
    }

    /**
     * Shows a file or a directory as long as the sandbox lives: what several of its containers use.
     * The first call makes the file, others wait for it and answer its share; after a failure the
     * next call tries again.
     *
     * @param name path below the tree
     * @param access what the guest can do with it
     * @param source makes the file, or finds that there is none to share
     * @throws IOException of the source, or if the file cannot be shared
     */
    public Optional<Share> shareOnce(String name, Access access, Callable<Optional<Path>> source)
            throws IOException {
        return once(
                name,
                () -> {
                    Optional<Path> file = source.call();
                    return file.isEmpty()
                            ? Optional.empty()
                            : Optional.of(share(name, file.get(), access));
                });
    }

    /**
     * Shows a directory, as {@link #shareOnce} does, without what is mounted below it.
     *
     * @throws IOException if it cannot be shared
     */
    Share shareAlone(String name, Access access, Path source) throws IOException {
        return once(
                        name,
                        () ->
                                Optional.of(
                                        share(
                                                name,
                                                access,
                                                stage -> host.bindAlone(source, stage),
                                                source)))
                .orElseThrow();
    }

    private Optional<Share> once(String name, Callable<Optional<Share>> sharing)
            throws IOException {
        FutureTask<Optional<Share>> mine = new FutureTask<>(sharing);
        FutureTask<Optional<Share>> first = once.putIfAbsent(name, mine);
        if (first == null) {
            mine.run();
            first = mine;
        }
        try {
            return awaited(name, first);
        } catch (ExecutionException e) {
            once.remove(name, first);
            throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
        }
    }

    /**
     * Waits for whoever makes a share.
     *
     * @throws ExecutionException with the reason for which it cannot be made
     * @throws IOException if it is not made in time
     */
    private static Optional<Share> awaited(String name, FutureTask<Optional<Share>> task)
            throws IOException, ExecutionException {
        return switch (Waited.on(task, SHARE_LIMIT)) {
            case Waited.Done(Optional<Share> shared) -> shared;
            case Waited.Failed(Throwable cause) -> throw new ExecutionException(cause);
            case Waited.TimedOut() ->
                    throw new IOException(
                            "share "
                                    + name
                                    + ": another container of the sandbox has not made it within "
                                    + SHARE_LIMIT.toSeconds()
                                    + " s");
            case Waited.Interrupted() -> throw new IOException("interrupted while sharing " + name);
        };
    }

    /**
     * Returns what {@link #shareOnce} has made of this name; what is being made is waited for, and
     * what could not be made is not there.
     */
    Optional<Share> made(String name) throws IOException {
        FutureTask<Optional<Share>> task = once.get(name);
        if (task == null) {
            return Optional.empty();
        }
        try {
            return awaited(name, task);
        } catch (ExecutionException e) {
            return Optional.empty(); // whoever makes it has the reason
        }
    }

    /** A container uses what is, or will be, shared once: it is not taken back meanwhile. */
    void use(String name) {
        idle.use(name);
    }

    /**
     * A container is done with what is shared once. It stays for the next one, but for the share
     * that has been without a user for longest, where too many are. Failures are told to {@code
     * problems}, nothing is thrown.
     */
    void leave(String name, Problems problems) {
        idle.leave(
                name,
                guestPath(name).isPresent(),
                old -> {
                    Path target = mounts.resolve(old);
                    if (once.remove(old) != null && !released && bound.contains(target)) {
                        release(target, problems);
                    }
                });
    }

    /**
     * Binds by way of the staging directory. A direct bind of a source on a shared mount would make
     * every copy its peer, and taking the share back would then unmount what is mounted below the
     * source on the host. As slaves the copies only listen.
     */
    private void spread(Staging how, Path source, Path target, Access access) throws IOException {
        Path stage = staging.resolve(Long.toString(stages.incrementAndGet()));
        if (Files.isDirectory(source)) {
            Files.createDirectory(stage);
        } else {
            Files.createFile(stage);
        }
        try {
            how.bind(stage);
            try {
                host.restrict(stage, access);
                host.bind(stage, target, false);
            } finally {
                host.detach(stage);
            }
        } finally {
            Files.deleteIfExists(stage);
        }
    }

    /**
     * Takes one share back. Failures are told to {@code problems}, nothing is thrown: stop is
     * total.
     */
    public void release(Share share, Problems problems) {
        release(share.hostPath(), problems);
    }

    /** Takes back all shares, the tree itself last. There are no others from now on. */
    public void release(Problems problems) {
        released = true;
        for (Path target : List.copyOf(bound).reversed()) {
            release(target, problems);
        }
        detach(shared, problems);
        detach(mounts, problems);
        detach(staging, problems);
    }

    /** Is told of what could not be undone. */
    @FunctionalInterface
    public interface Problems {
        void add(Exception problem);
    }

    /**
     * Something shared.
     *
     * @param guestPath where the guest finds it
     * @param hostPath its mount point on the host
     */
    public record Share(String guestPath, Path hostPath) {}

    private void release(Path target, Problems problems) {
        detach(target, problems);
        bound.remove(target);
        try {
            Files.deleteIfExists(target);
            Path parent = target.getParent();
            if (parent != null && !parent.equals(mounts) && isEmpty(parent)) {
                Files.deleteIfExists(parent);
            }
        } catch (IOException e) {
            problems.add(e);
        }
    }

    /** True as well if it is not there any more, since the whole tree was taken back meanwhile. */
    private static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    private void detach(Path target, Problems problems) {
        try {
            host.detach(target);
        } catch (IOException e) {
            problems.add(e);
        }
    }
}
