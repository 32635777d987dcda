package io.saya.network;

import io.saya.host.Host;
import io.saya.host.LauncherAction;
import io.saya.host.SpawnSpec;
import io.saya.log.Log;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells when links, addresses or routes of a network namespace have changed. A process there,
 * {@code saya-links}, hears of it from the kernel, waits until it is quiet again, and writes a
 * byte. Costs nothing while nothing changes. Thread safe.
 */
public final class NetworkWatch implements AutoCloseable {
    private static final Log LOG = Log.of("network");

    private static final String DESCRIPTOR = "links";

    private final SocketChannel channel;
    private final LauncherAction process;

    private NetworkWatch(SocketChannel channel, LauncherAction process) {
        this.channel = channel;
        this.process = process;
    }

    /**
     * Begins to watch.
     *
     * @param namespace the pod's
     * @param runDirectory where the socket goes
     * @param sandboxId stands in the arguments of the process
     * @param changed called when the watch is on and after each change, on a thread of its own that
     *     may block; what happens meanwhile is told once afterwards
     * @throws IOException if the process cannot be made; nothing is left then
     */
    public static NetworkWatch start(
            Host host, Path namespace, Path runDirectory, String sandboxId, Runnable changed)
            throws IOException {
        Path socket = runDirectory.resolve("links.sock");
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        NetworkWatch watch;
        try {
            watch =
                    new NetworkWatch(
                            channel,
                            LauncherAction.start(
                                    host,
                                    "links",
                                    sandboxId,
                                    "%fd:" + DESCRIPTOR + "%",
                                    List.of(new SpawnSpec.InheritedSocket(DESCRIPTOR, socket)),
                                    namespace));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            watch.close();
            throw e;
        }
        Thread.ofVirtual().name("links").start(() -> watch.listen(changed));
        return watch;
    }

    /** Ends the process; returns when it is reaped. May be called again. */
    @Override
    public void close() throws IOException {
        channel.close();
        process.close();
    }

    private void listen(Runnable changed) {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        try {
            while (channel.read(bytes.clear()) >= 0) {
                changed.run();
            }
        } catch (IOException e) {
            LOG.debug("watch of the network ended", "why", e);
        }
        if (channel.isOpen()) {
            LOG.warn(
                    "interfaces that appear later will not be noticed", "why", process.lastWords());
        }
    }
}
