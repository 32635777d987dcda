package io.saya.ttrpc.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Decides which processes may connect to a server. */
@FunctionalInterface
public interface PeerCheck {
    /** Accepts every process that may open the socket's path. */
    PeerCheck ANYONE = (uid, gid) -> true;

    /**
     * Decides on the credentials that the kernel noted when the peer connected ({@code
     * SO_PEERCRED}).
     *
     * @param uid effective user id
     * @param gid effective group id
     */
    boolean accepts(int uid, int gid);

    /**
     * Accepts only processes with this process's effective user and group, as containerd does it on
     * its side.
     *
     * @throws IOException if {@code /proc} does not tell who this process is
     */
    static PeerCheck sameUser() throws IOException {
        Path self = Path.of("/proc/self");
        int ownUid = (Integer) Files.getAttribute(self, "unix:uid");
        int ownGid = (Integer) Files.getAttribute(self, "unix:gid");
        return (uid, gid) -> uid == ownUid && gid == ownGid;
    }
}
