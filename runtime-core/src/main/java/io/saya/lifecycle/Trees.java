package io.saya.lifecycle;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Directories with all that is in them. Symbolic links are never followed. */
public final class Trees {

    private Trees() {}

    /** Deletes a directory; what goes meanwhile, or is not there, is no error. */
    public static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
                for (Path child : children) {
                    delete(child);
                }
            } catch (NoSuchFileException _) {
                return;
            }
        }
        Files.deleteIfExists(path);
    }

    /** The bytes of its files. */
    public static long bytes(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return Files.size(path);
        }
        long sum = 0;
        try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
            for (Path child : children) {
                sum += bytes(child);
            }
        }
        return sum;
    }
}
