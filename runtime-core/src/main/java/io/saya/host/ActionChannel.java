package io.saya.host;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A process that runs one of the launcher's actions, and the connection to the one socket that it
 * serves. Thread safe.
 *
 * @param channel connected
 */
public record ActionChannel(SocketChannel channel, LauncherAction process)
        implements AutoCloseable {

    /**
     * Begins.
     *
     * @param action the launcher's word for it, and the name of the socket that it inherits
     * @param sandboxId stands in the arguments of the process
     * @param socket where it listens
     * @param namespace the pod's network namespace
     * @throws IOException if the process cannot be made or reached; nothing is left then
     */
    public static ActionChannel start(
            Host host, String action, String sandboxId, Path socket, Path namespace)
            throws IOException {
        LauncherAction process =
                LauncherAction.start(
                        host,
                        action,
                        sandboxId,
                        "%fd:" + action + "%",
                        List.of(new SpawnSpec.InheritedSocket(action, socket)),
                        namespace);
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new ActionChannel(channel, process);
        } catch (IOException | RuntimeException | Error e) {
            if (channel != null) {
                channel.close();
            }
            process.close();
            throw e;
        }
    }

    /** Ends the process; returns when it is reaped. May be called again. */
    @Override
    public void close() throws IOException {
        channel.close();
        process.close();
    }
}
