package io.saya.qemu.saved;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory file (memfd) of a QEMU process, opened by way of {@code /proc}: QEMU 7.2 takes none as
 * a descriptor, and a file with a name it could not open from its root.
 */
public final class GuestMemory {

    /** What {@code memory-backend-memfd} calls it. */
    private static final String NAME = "/memfd:memory-backend-memfd";

    private GuestMemory() {}

    /**
     * Finds the file, of which there is one as long as no memory is plugged.
     *
     * @throws IOException if there is none, or more than one
     */
    public static Path of(long pid) throws IOException {
        Path found = null;
        try (DirectoryStream<Path> all =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : all) {
                if (isMemory(descriptor)) {
                    if (found != null) {
                        throw new IOException("QEMU " + pid + " has more than one " + NAME);
                    }
                    found = descriptor;
                }
            }
        }
        if (found == null) {
            throw new IOException("QEMU " + pid + " has no " + NAME);
        }
        return found;
    }

    /** A descriptor may be closed while we look. */
    private static boolean isMemory(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith(NAME);
        } catch (IOException _) {
            return false;
        }
    }
}
