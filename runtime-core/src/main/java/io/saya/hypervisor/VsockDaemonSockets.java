package io.saya.hypervisor;

import java.nio.file.Path;

/**
 * Where a vhost-user vsock daemon meets the VMM and this process: Unix sockets that it makes
 * itself.
 *
 * @param directory holds both and nothing else; it belongs to the daemon
 * @param vmm where it listens for the VMM
 * @param host where it listens for those who want to talk to the guest (hybrid vsock)
 */
public record VsockDaemonSockets(Path directory, Path vmm, Path host) {

    /** The places in a sandbox's directory; short, as a socket's path has at most 107 bytes. */
    public static VsockDaemonSockets in(Path runDirectory) {
        Path directory = runDirectory.resolve("vsock");
        return new VsockDaemonSockets(
                directory, directory.resolve("vmm"), directory.resolve("host"));
    }
}
