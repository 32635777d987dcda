package io.saya.ttrpc.transport;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.epoll.VSockAddress;
import java.io.IOException;
import java.nio.channels.AlreadyConnectedException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes channels of connected vsock sockets.
 *
 * <p>Netty has the socket but no channel for it. A channel for Unix stream sockets does the same
 * things to its descriptor, as long as nobody asks it for addresses or credentials.
 */
final class VsockChannels {
    /** The kernel's own limit for an unanswered connection request is two seconds. */
    private static final long CONNECT_TIMEOUT = TimeUnit.SECONDS.toNanos(3);

    private static final long FIRST_POLL_INTERVAL = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long LONGEST_POLL_INTERVAL = TimeUnit.MILLISECONDS.toNanos(16);

    /**
     * Ports that only root binds to (CAP_NET_BIND_SERVICE) end here; those below are drawn from.
     */
    private static final int FIRST_FREE_PORT = 1024;

    private static final int LOWEST_PORT = 512;

    /** How many ports are tried: each connection of the host to any guest has one. */
    private static final int PORTS = 32;

    private VsockChannels() {}

    /** Connects, waiting for the guest's answer; not on an event loop. */
    static Channel connect(int contextId, int port) throws IOException {
        LinuxSocket socket = LinuxSocket.newVSockStream();
        boolean connected = false;
        try {
            bindPrivileged(socket);
            VSockAddress address = new VSockAddress(contextId, port);
            long begin = System.nanoTime();
            while (!isConnected(socket, address)) {
                long waited = System.nanoTime() - begin;
                if (waited > CONNECT_TIMEOUT) {
                    throw new IOException(
                            "no answer within 3 s: the guest does not run, or has no vsock device");
                }
                LockSupport.parkNanos(pollInterval(waited));
            }
            connected = true;
            return new EpollDomainSocketChannel(null, socket);
        } finally {
            if (!connected) {
                socket.close();
            }
        }
    }

    /**
     * The time until the socket is looked at once more. A guest that is up answers at once, and one
     * that boots takes so long that a sixteenth more is not noticed: looked at every 2 ms all the
     * while, it kept a tenth of a slow processor from the guest.
     *
     * @param waited nanoseconds since the request was sent
     */
    static long pollInterval(long waited) {
        return Math.clamp(waited / 16, FIRST_POLL_INTERVAL, LONGEST_POLL_INTERVAL);
    }

    /**
     * Binds to a port by which the guest's agent knows root of the host from its other users. Who
     * may not do that connects all the same: agents other than the default guest's take anybody.
     */
    static void bindPrivileged(LinuxSocket socket) {
        for (int i = 0; i < PORTS; i++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, FIRST_FREE_PORT);
            try {
                socket.bindVSock(new VSockAddress(VSockAddress.VMADDR_CID_ANY, port));
                return;
            } catch (IOException e) {
                // Taken, or not allowed.
            }
        }
    }

    /**
     * Asking again is how a non-blocking connect is followed up when the socket is not yet with an
     * event loop.
     */
    private static boolean isConnected(LinuxSocket socket, VSockAddress address)
            throws IOException {
        try {
            return socket.connectVSock(address);
        } catch (AlreadyConnectedException e) {
            return true;
        }
    }
}
