package io.saya.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * A FIFO of which this process holds an end, and that can therefore be opened again: also when the
 * client has removed or replaced its name in the meantime.
 *
 * @param path where it was found
 * @param device number of the device it is on
 * @param inode its number there
 */
record OpenedFifo(Path path, long device, long inode) {
    private static final Path OWN_DESCRIPTORS = Path.of("/proc/self/fd");

    /** Opens the FIFO itself, whatever its name stands for now. Blocks as open(2) does. */
    FileChannel open(OpenOption... options) throws IOException {
        return FileChannel.open(openable(), options);
    }

    /** Returns a path that leads to the FIFO as long as this process holds an end of it. */
    Path openable() throws IOException {
        return isThis(path) ? path : ownDescriptor();
    }

    private Path ownDescriptor() throws IOException {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OWN_DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                if (isThis(descriptor)) {
                    return descriptor;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        throw new NoSuchFileException(path.toString(), null, "removed, and no end of it is held");
    }

    private boolean isThis(Path candidate) {
        try {
            Map<String, Object> found = Files.readAttributes(candidate, "unix:dev,ino");
            return found.get("dev") instanceof Long foundDevice
                    && found.get("ino") instanceof Long foundInode
                    && foundDevice == device
                    && foundInode == inode;
        } catch (IOException e) {
            return false;
        }
    }
}
