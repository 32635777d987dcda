package io.saya.sandbox;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The directory of a sandbox: sockets, record, mount points. */
final class RunDirectory {

    private RunDirectory() {}

    /** Makes the directory (0700); one that exists belongs to somebody else and is refused. */
    static void create(Path directory) throws IOException {
        Files.createDirectories(directory.getParent());
        Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /**
     * Removes the directory with all it holds.
     *
     * @throws IOException if anything is still mounted below it: what is deleted then would be the
     *     files of a container or of a volume. Nothing is deleted in that case
     */
    static void remove(Path directory) throws IOException {
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
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.deleteIfExists(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
