package io.saya.share;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.SpawnSpec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The disk for what a container writes to its root file system: an ext4 in a sparse file in the
 * snapshot's own directory, so that the snapshotter counts what it takes and removes it with the
 * snapshot. Nobody else looks into a snapshot of a pod's container.
 */
public final class UpperDisk {

    /** The only entry of a snapshot's directory then. */
    static final String NAME = ".saya-upper.ext4";

    /** What the container sees as the size of its root at most; it takes what was written. */
    private static final long LARGEST = 256L << 30;

    private static final long SMALLEST = 1L << 30;

    /** mke2fs needs some 10 ms; ten seconds are a disk that does not answer. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Path MKE2FS = Path.of("/usr/sbin/mke2fs");
    private static final Path MKE2FS_BEFORE_USRMERGE = Path.of("/sbin/mke2fs");

    private UpperDisk() {}

    /**
     * The disk of a snapshot: that which it has, or a new one. A snapshot with files of its own, as
     * a container leaves that wrote to it by the shared file system, gets none, nor does any
     * snapshot on a host without mke2fs.
     *
     * @param upper the snapshot's directory
     * @throws IOException that names the file if it cannot be made; nothing is left of it then
     */
    public static Optional<Path> of(Host host, Path upper) throws IOException {
        Path disk = upper.resolve(NAME);
        if (Files.isRegularFile(disk, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(disk);
        }
        Path mke2fs = Files.isExecutable(MKE2FS) ? MKE2FS : MKE2FS_BEFORE_USRMERGE;
        if (!Files.isExecutable(mke2fs) || !isEmpty(upper)) {
            return Optional.empty();
        }
        try {
            Files.createFile(
                    disk,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(size(upper));
            }
            format(host, mke2fs, disk);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(disk);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        return Optional.of(disk);
    }

    /** Whole blocks, as much as the host's file system has in all. */
    private static long size(Path upper) throws IOException {
        long total = Files.getFileStore(upper).getTotalSpace();
        return Math.clamp(total, SMALLEST, LARGEST) & -4096L;
    }

    /**
     * With a journal, since the disk may be used again after its VM was killed; without anything
     * that writes zeros or checksums which nobody reads.
     */
    private static void format(Host host, Path mke2fs, Path disk) throws IOException {
        HostProcess process =
                host.spawn(
                        new SpawnSpec(
                                List.of(
                                        mke2fs.toString(),
                                        "-q",
                                        "-F",
                                        "-t",
                                        "ext4",
                                        "-b",
                                        "4096",
                                        "-I",
                                        "256",
                                        "-m",
                                        "0",
                                        "-J",
                                        "size=32",
                                        "-O",
                                        "^resize_inode,^64bit,^metadata_csum,uninit_bg",
                                        "-E",
                                        "lazy_journal_init=1,root_owner=0:0",
                                        disk.toString()),
                                Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                                List.of(),
                                Optional.empty(),
                                Path.of("/")));
        ProcessExit exit;
        try {
            exit = process.exited().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            process.signal(Signal.SIGKILL);
            throw new IOException(
                    "cannot make an ext4 in "
                            + disk
                            + ": mke2fs did not end within "
                            + LIMIT.toSeconds()
                            + " s",
                    e);
        } catch (InterruptedException e) {
            process.signal(Signal.SIGKILL);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while making an ext4 in " + disk, e);
        }
        if (!exit.equals(new ProcessExit.Code(0))) {
            throw new IOException(
                    "cannot make an ext4 in "
                            + disk
                            + ": mke2fs: "
                            + exit.describe()
                            + ": "
                            + process.outputTail().strip());
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }
}
