package io.saya.shim.log;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The socket at which a host takes log messages.
 *
 * @param path the datagram socket
 * @param journal whether it speaks the journal's native protocol (systemd: Native Journal
 *     Protocol), otherwise syslog's (RFC 3164)
 */
record SystemLogSocket(Path path, boolean journal) {

    private static final List<SystemLogSocket> KNOWN =
            List.of(
                    new SystemLogSocket(Path.of("/run/systemd/journal/socket"), true),
                    new SystemLogSocket(Path.of("/dev/log"), false));

    /** The host's, null if it has none: such a host is a normal one. */
    static @Nullable SystemLogSocket find() {
        for (SystemLogSocket socket : KNOWN) {
            if (Files.exists(socket.path())) {
                return socket;
            }
        }
        return null;
    }
}
