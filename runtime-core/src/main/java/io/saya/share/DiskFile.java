package io.saya.share;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.SpawnSpec;
import io.saya.lifecycle.Waited;
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

/**
 * An ext4 of a guest's own in a sparse file of the host: for what a container writes to its root
 * file system, or for a volume that only its pod sees. The file lies in the directory whose place
 * it takes, so that who owns the directory (a snapshotter, the kubelet) counts what the file takes
 * and removes it.
 */
public final class DiskFile {

    /** The only entry of a snapshot's directory then. */
    public static final String UPPER = ".saya-upper.ext4";

    /** The only entry of the host's directory of an emptyDir volume then. */
    public static final String EMPTY_DIR = ".saya-emptydir.ext4";

    /** What the guest sees as the size of the disk at most; the file takes what was written. */
    private static final long LARGEST = 256L << 30;

    private static final long SMALLEST = 1L << 30;

    /** mke2fs needs some 10 ms; ten seconds are a disk that does not answer. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Path MKE2FS = Path.of("/usr/sbin/mke2fs");
    private static final Path MKE2FS_BEFORE_USRMERGE = Path.of("/sbin/mke2fs");

    private DiskFile() {}

    /**
     * Returns the disk of a directory: the one that it has, or a new one. A directory with files of
     * its own, as a container leaves that wrote to it by the shared file system, gets none, nor
     * does any on a host without mke2fs. Blocks for some 10 ms, and 10 s at most. To be called by
     * one thread at a time for one directory.
     *
     * @param directory where the file lies
     * @param name {@link #UPPER} or {@link #EMPTY_DIR}
     * @throws IOException that names the file if it cannot be made; nothing is left of it then
     */
    public static Optional<Path> of(Host host, Path directory, String name) throws IOException {
        Path disk = directory.resolve(name);
        if (Files.isRegularFile(disk, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(disk);
        }
        Path mke2fs = Files.isExecutable(MKE2FS) ? MKE2FS : MKE2FS_BEFORE_USRMERGE;
        if (!Files.isExecutable(mke2fs) || !isEmpty(directory)) {
            return Optional.empty();
        }
        try {
            Files.createFile(
                    disk,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(size(directory));
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
    private static long size(Path directory) throws IOException {
        long total = Files.getFileStore(directory).getTotalSpace();
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
        Waited<ProcessExit> ended = Waited.on(process.exited(), LIMIT);
        if (!ended.isDone()) {
            process.signal(Signal.SIGKILL);
        }
        ProcessExit exit =
                switch (ended) {
                    case Waited.Done(ProcessExit how) -> how;
                    case Waited.TimedOut(), Waited.Failed(var _) ->
                            throw new IOException(
                                    "cannot make an ext4 in "
                                            + disk
                                            + ": mke2fs did not end within "
                                            + LIMIT.toSeconds()
                                            + " s");
                    case Waited.Interrupted() ->
                            throw new IOException("interrupted while making an ext4 in " + disk);
                };
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
