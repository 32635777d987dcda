package io.saya.network;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.SpawnSpec;
import io.saya.log.Log;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Tells when links, addresses or routes of a network namespace have changed. A process there,
 * {@code saya-links}, hears of it from the kernel, waits until it is quiet again, and writes a
 * byte. Costs nothing while nothing changes. Thread safe.
 */
public final class NetworkWatch implements AutoCloseable {
    private static final Log LOG = Log.of("network");

    /** Executed by a child of the guard, whose program it is. */
    private static final String LAUNCHER = "/proc/self/exe";

    private static final String DESCRIPTOR = "links";
    private static final int SIGKILL = 9;

    /** Only a process that is stuck in the kernel takes longer. */
    private static final int REAP_LIMIT_SECONDS = 5;

    private final SocketChannel channel;
    private final HostProcess process;

    private NetworkWatch(SocketChannel channel, HostProcess process) {
        this.channel = channel;
        this.process = process;
    }

    /**
     * Begins.
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
        HostProcess process =
                host.spawn(
                        new SpawnSpec(
                                List.of(
                                        LAUNCHER,
                                        "-id",
                                        sandboxId,
                                        "-address",
                                        "%fd:" + DESCRIPTOR + "%",
                                        "links"),
                                Map.of(),
                                List.of(new SpawnSpec.InheritedSocket(DESCRIPTOR, socket)),
                                Optional.of(namespace),
                                Path.of("/")));
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        NetworkWatch watch = new NetworkWatch(channel, process);
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
        process.signal(SIGKILL);
        try {
            process.exited().get(REAP_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException("process " + process.pid() + " does not end after SIGKILL", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("end of process " + process.pid());
        }
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
                    "interfaces that appear later will not be noticed",
                    "why",
                    process.outputTail().strip());
        }
    }
}
