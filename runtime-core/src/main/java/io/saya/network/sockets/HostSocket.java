package io.saya.network.sockets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;

/**
 * A Unix socket of the host, as it was found.
 *
 * @param path absolute, without a link in it
 * @param mode permission bits
 * @param inode with {@code changed} it tells it from another one that has taken its place
 * @param changed when owner, mode or name changed last
 */
public record HostSocket(Path path, int mode, int uid, int gid, long inode, FileTime changed) {

    private static final int TYPE = 0170000;
    private static final int IS_SOCKET = 0140000;

    /** Looks; empty if there is no socket. A link at the end of the path is not followed. */
    public static Optional<HostSocket> at(Path path) throws IOException {
        try {
            Map<String, Object> status =
                    Files.readAttributes(
                            path, "unix:mode,uid,gid,ino,ctime", LinkOption.NOFOLLOW_LINKS);
            int mode = (Integer) value(status, "mode");
            if ((mode & TYPE) != IS_SOCKET) {
                return Optional.empty();
            }
            return Optional.of(
                    new HostSocket(
                            path,
                            mode & 07777,
                            (Integer) value(status, "uid"),
                            (Integer) value(status, "gid"),
                            ((Number) value(status, "ino")).longValue(),
                            (FileTime) value(status, "ctime")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static Object value(Map<String, Object> status, String name) {
        Object value = status.get(name);
        if (value == null) {
            throw new IllegalStateException("stat without " + name);
        }
        return value;
    }
}
