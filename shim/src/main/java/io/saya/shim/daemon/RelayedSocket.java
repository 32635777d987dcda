package io.saya.shim.daemon;

import io.saya.config.AgentConfig;
import io.saya.config.RuntimeConfig;
import io.saya.host.guard.GuardHost;
import io.saya.log.Log;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The socket by which the guard passes containerd's calls on, so that containerd keeps its
 * connections when this process dies and another one takes its place (shim/README.md, "A daemon
 * that dies").
 */
final class RelayedSocket {
    /**
     * In the run directory; the guard knows the name, and removes the file of a daemon that died.
     */
    private static final String NAME = "relay.sock";

    private static final Log LOG = Log.of("restart");

    private RelayedSocket() {}

    /**
     * How many daemons that die within an hour are followed by another one: none where the agent is
     * not at the serial port, which is the only way on which a next daemon finds it.
     */
    static int restarts(RuntimeConfig config) {
        return config.agent().transport() == AgentConfig.Transport.VIRTIO_SERIAL
                ? config.runtime().daemon().restarts()
                : 0;
    }

    /**
     * Has the guard serve the shim's socket instead of this process. Where it cannot (a kernel
     * before Linux 5.6), this process serves it, and the sandbox ends with it.
     *
     * @param restarts how many within an hour
     * @param alone told that it cannot, before anybody is served
     */
    static ShimServices.Door instead(GuardHost host, int restarts, Runnable alone) {
        int listener = host.start().listener();
        Path runDirectory = Path.of(host.start().runDirectory());
        return builder -> {
            TtrpcServer server = builder.listen(runDirectory.resolve(NAME));
            try {
                host.relay(OptionalInt.of(listener), restarts);
            } catch (IOException e) {
                // Each sandbox of such a host says so, and nobody need do anything about it.
                LOG.info("this sandbox ends with its daemon: the guard cannot relay", "error", e);
                server.close();
                alone.run();
                return builder.adopt(listener);
            }
            Transport.close(listener);
            return server;
        };
    }

    /**
     * In the place of a daemon that hands over: its socket, by which the guard passes calls on
     * where {@link #isRelayed}. Then the guard is told by how many this one may be followed.
     *
     * @param listener the descriptor of that socket
     */
    static ShimServices.Door handedOver(
            GuardHost host, Path runDirectory, int listener, int restarts) {
        return builder -> {
            TtrpcServer server = builder.adopt(listener);
            if (isRelayed(runDirectory)) {
                host.relay(OptionalInt.empty(), restarts);
            }
            return server;
        };
    }

    /**
     * Whether the guard passes the calls of a sandbox on. It does from the first call on or never:
     * a sandbox that began without ends with its daemon, whatever the configuration says now.
     */
    static boolean isRelayed(Path runDirectory) {
        return Files.exists(runDirectory.resolve(NAME));
    }

    /** In the place of a daemon that has died: the guard has the shim's socket. */
    static ShimServices.Door again(GuardHost host, Path runDirectory, int restarts) {
        return builder -> {
            TtrpcServer server = builder.listen(runDirectory.resolve(NAME));
            host.relay(OptionalInt.empty(), restarts);
            return server;
        };
    }
}
