package io.saya.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a path that containerd named is.
 *
 * @param mode stat(2)'s st_mode
 * @param device number of the device it is on
 * @param inode its number there
 */
record FileKind(int mode, long device, long inode) {
    // linux/stat.h
    private static final int FORMAT = 0170000;
    private static final int FIFO = 0010000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int SOCKET = 0140000;

    /** Looks without opening, following symbolic links. */
    static FileKind of(Path path) throws IOException {
        try {
            Map<String, Object> found = Files.readAttributes(path, "unix:mode,dev,ino");
            if (found.get("mode") instanceof Integer mode
                    && found.get("dev") instanceof Long device
                    && found.get("ino") instanceof Long inode) {
                return new FileKind(mode, device, inode);
            }
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(
                    path.toString(), null, "does not exist (expected: a FIFO or a file)");
        }
        throw new IOException(path + ": its kind cannot be read on this file system");
    }

    boolean isFifo() {
        return (mode & FORMAT) == FIFO;
    }

    boolean isRegularFile() {
        return (mode & FORMAT) == REGULAR;
    }

    /** Neither a directory nor a socket: something that bytes can be read from or written to. */
    boolean isStream() {
        return (mode & FORMAT) != DIRECTORY && (mode & FORMAT) != SOCKET;
    }

    OpenedFifo opened(Path path) {
        return new OpenedFifo(path, device, inode);
    }
}
