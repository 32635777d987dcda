package io.saya.network;

import io.saya.host.ActionChannel;
import io.saya.host.Host;
import io.saya.lifecycle.SupervisedLoop;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Tells when links, addresses or routes of a network namespace have changed. A process there,
 * {@code saya-links}, hears of it from the kernel, waits until it is quiet again, and writes a
 * byte. Costs nothing while nothing changes. Thread safe.
 */
public final class NetworkWatch implements AutoCloseable {
    private static final Log LOG = Log.of("network");

    private final ActionChannel action;

    private NetworkWatch(ActionChannel action) {
        this.action = action;
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
        NetworkWatch watch =
                new NetworkWatch(ActionChannel.start(host, "links", sandboxId, socket, namespace));
        Thread.ofVirtual().name("links").start(() -> watch.listen(changed));
        return watch;
    }

    /** Ends the process; returns when it is reaped. May be called again. */
    @Override
    public void close() throws IOException {
        action.close();
    }

    /** Waits for the process to tell of a change; false if it will not. */
    private boolean told(ByteBuffer bytes) {
        try {
            return action.channel().read(bytes.clear()) >= 0;
        } catch (IOException e) {
            LOG.debug("watch of the network ended", "why", e);
            return false;
        }
    }

    private void listen(Runnable changed) {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        SupervisedLoop.run(
                LOG,
                "a change of the network is not followed",
                () -> {
                    if (!told(bytes)) {
                        return false;
                    }
                    changed.run();
                    return true;
                });
        if (action.channel().isOpen()) {
            LOG.warn(
                    "interfaces that appear later will not be noticed",
                    "why",
                    action.process().lastWords());
        }
    }
}
