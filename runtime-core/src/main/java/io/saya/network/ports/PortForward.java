package io.saya.network.ports;

import io.saya.host.Host;
import io.saya.host.LauncherAction;
import io.saya.io.Clients;
import io.saya.io.GuestStreams;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes every port of the guest's localhost answer on localhost of the pod's network namespace,
 * where containerd's port-forward dials. A process there, {@code saya-ports}, takes the connections
 * and hands each to this one by a Unix socket: two bytes with the port, then what the client says.
 * It is answered by one byte when the guest has taken the connection, then by what the guest says;
 * by the end of the socket where nobody listens, of which the process makes a reset. Thread safe.
 */
public final class PortForward implements AutoCloseable {
    private static final Log LOG = Log.of("ports");

    private static final String SOCKET = "ports.sock";

    private static final byte[] CONNECTED = {1};

    private final ServerSocketChannel listener;
    private final LauncherAction process;
    private final PortDialer dialer;

    private PortForward(ServerSocketChannel listener, LauncherAction process, PortDialer dialer) {
        this.listener = listener;
        this.process = process;
        this.dialer = dialer;
    }

    /**
     * Begins.
     *
     * @param namespace the pod's
     * @param runDirectory where the socket goes
     * @param sandboxId stands in the arguments of the process
     * @throws IOException if the socket or the process cannot be made; nothing is left then
     */
    public static PortForward start(
            Host host, Path namespace, Path runDirectory, String sandboxId, PortDialer dialer)
            throws IOException {
        return start(
                ServerSocketChannel.open(StandardProtocolFamily.UNIX),
                host,
                namespace,
                runDirectory,
                sandboxId,
                dialer);
    }

    /** The same with a listener that it binds. */
    static PortForward start(
            ServerSocketChannel listener,
            Host host,
            Path namespace,
            Path runDirectory,
            String sandboxId,
            PortDialer dialer)
            throws IOException {
        Path socket = runDirectory.resolve(SOCKET);
        try {
            listener.bind(UnixDomainSocketAddress.of(socket));
            LauncherAction process =
                    LauncherAction.start(
                            host, "ports", sandboxId, socket.toString(), List.of(), namespace);
            PortForward forward = new PortForward(listener, process, dialer);
            process.whenEnded(forward::ended);
            Thread.ofVirtual().name("ports").start(forward::accept);
            return forward;
        } catch (IOException | RuntimeException | Error e) {
            listener.close();
            Files.deleteIfExists(socket);
            throw e;
        }
    }

    /** The process in the pod's namespace, for another daemon ({@link #end}). */
    public JsonObject held() {
        return process.held();
    }

    /** Ends what another daemon has started, so that a new one can be started. */
    public static void end(Host host, Path runDirectory, JsonObject held) throws IOException {
        LauncherAction.known(host, held).close();
        Files.deleteIfExists(runDirectory.resolve(SOCKET));
    }

    /** Ends the process, and with it all connections. */
    @Override
    public void close() throws IOException {
        listener.close();
        process.close();
    }

    private void ended() {
        if (listener.isOpen()) {
            LOG.warn("port-forward will not reach the guest", "why", process.lastWords());
        }
    }

    private void accept() {
        Clients.takeAll(
                LOG,
                "ports of the guest cannot be reached",
                listener,
                client -> Thread.ofVirtual().name("port").start(() -> serve(client)));
    }

    private void serve(SocketChannel client) {
        try (client) {
            ByteBuffer port = ByteBuffer.allocate(2);
            while (port.hasRemaining()) {
                if (client.read(port) < 0) {
                    return;
                }
            }
            try (GuestStreams guest = dialer.dial(port.getShort(0) & 0xffff)) {
                client.write(ByteBuffer.wrap(CONNECTED));
                Thread.ofVirtual().name("port input").start(() -> toGuest(client, guest));
                // When this direction has ended, the server has closed: so is the connection.
                StreamRelay.toClient(guest, client);
            }
        } catch (IOException | RuntimeException e) {
            LOG.info(
                    "connection to a port of the guest ended",
                    "why",
                    String.valueOf(e.getMessage()));
        }
    }

    private static void toGuest(SocketChannel client, GuestStreams guest) {
        try {
            StreamRelay.toGuest(client, guest);
        } catch (IOException e) {
            LOG.debug("input of a connection ended", "why", e.getMessage());
        }
    }
}
