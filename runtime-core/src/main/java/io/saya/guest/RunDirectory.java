package io.saya.guest;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The directory of a sandbox: sockets, record, mount points. */
final class RunDirectory {

    /**
     * The files that the guard keeps there as long as it lives; it removes the directory when it
     * ends.
     */
    private static final String GUARD_JOURNAL = "guard.journal";

    private RunDirectory() {}

    /**
     * Makes the directory (0700) unless the guard has made it already, whose lock on it keeps
     * everyone else away.
     */
    static void create(Path directory) throws IOException {
        Files.createDirectories(directory.getParent());
        try {
            Files.createDirectory(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.exists(directory.resolve(GUARD_JOURNAL))) {
                throw new IOException(
                        directory + " exists already and no guard keeps it (expected: none)", e);
            }
        }
    }

    /**
     * Removes what the directory holds, and the directory unless it is the guard's.
     *
     * @param keepRecord whether {@code record.json} stays, and the directory with it: something
     *     that it names is still there. The guard goes through it when this process ends, then
     *     whoever cleans up
     * @throws IOException if anything is still mounted below it: what is deleted then would be the
     *     files of a container or of a volume. Nothing is deleted in that case
     */
    static void remove(Path directory, boolean keepRecord) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        String below = directory.toRealPath() + "/";
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String mountPoint = line.split(" ", 6)[4];
            if (mountPoint.startsWith(below)) {
                throw new IOException(
                        directory + " is left alone: " + mountPoint + " is still mounted");
            }
        }
        boolean stays =
                Files.exists(directory.resolve(GUARD_JOURNAL))
                        || (keepRecord && Files.exists(directory.resolve(SandboxRecord.FILE)));
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        boolean kept =
                                file.equals(directory.resolve(GUARD_JOURNAL))
                                        || (keepRecord
                                                && file.equals(
                                                        directory.resolve(SandboxRecord.FILE)));
                        if (!kept) {
                            Files.deleteIfExists(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    // A container that is deleted just now takes its shares back as well.
                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException failure)
                            throws IOException {
                        if (failure instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw failure;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        if (failure != null && !(failure instanceof NoSuchFileException)) {
                            throw failure;
                        }
                        if (!(stays && visited.equals(directory))) {
                            Files.deleteIfExists(visited);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
