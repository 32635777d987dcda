package io.saya.agent;

import io.saya.io.GuestStreams;
import io.saya.lifecycle.Pace;
import io.saya.network.sockets.HostSocket;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.MountSocketRequest;
import io.saya.proto.agent.OfferSocketRequest;
import io.saya.proto.agent.PortsClient;
import io.saya.proto.agent.ServeSocketsRequest;
import io.saya.ttrpc.CallOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections between host and guest that the default guest's agent carries: to its ports, for its
 * names, and of its programs to sockets of the host. Thread safe.
 */
final class ConnectionRequests {
    /** The agent gives it ten seconds itself. */
    private static final Duration MOUNT_LIMIT = Duration.ofSeconds(15);

    private final PortsClient ports;
    private final AgentClient service;
    private final Duration limit;
    private final AtomicLong connections = new AtomicLong();
    private final Pace portReads = AgentOutput.portPace();
    private final Pace socketReads = AgentOutput.portPace();

    /**
     * @param limit of a request that a living guest answers soon
     */
    ConnectionRequests(PortsClient ports, AgentClient service, Duration limit) {
        this.ports = ports;
        this.service = service;
        this.limit = limit;
    }

    /** See {@link Agent#connectPort}. */
    GuestStreams connectPort(int port) {
        return PortConnection.open(
                ports, service, "port-" + connections.incrementAndGet(), port, limit, portReads);
    }

    /** See {@link Agent#serveNames}. */
    GuestStreams serveNames(String address) {
        return PortConnection.ofNames(
                ports,
                service,
                // Not that of an earlier daemon, whose connection the agent may still have.
                "names-" + System.nanoTime(),
                address,
                limit,
                portReads);
    }

    /** See {@link io.saya.network.sockets.SocketGuest#serveSockets}. */
    GuestStreams serveSockets() {
        String id = "sockets-" + System.nanoTime();
        ServeSocketsRequest request = ServeSocketsRequest.newBuilder().setId(id).build();
        AgentCall.run(
                "ServeSockets", () -> ports.serveSockets(request, CallOptions.timeout(limit)));
        return PortConnection.of(ports, service, id, limit, socketReads);
    }

    /** See {@link io.saya.network.sockets.SocketGuest#offerSocket}. */
    void offerSocket(int number, HostSocket socket) {
        OfferSocketRequest request =
                OfferSocketRequest.newBuilder()
                        .setNumber(number)
                        .setMode(socket.mode())
                        .setUid(socket.uid())
                        .setGid(socket.gid())
                        .build();
        AgentCall.run("OfferSocket", () -> ports.offerSocket(request, CallOptions.timeout(limit)));
    }

    /** See {@link io.saya.network.sockets.SocketGuest#mountSocket}. */
    void mountSocket(int number, String containerId, String path) {
        MountSocketRequest request =
                MountSocketRequest.newBuilder()
                        .setNumber(number)
                        .setContainerId(containerId)
                        .setPath(path)
                        .build();
        AgentCall.run(
                "MountSocket", () -> ports.mountSocket(request, KataAgent.within(MOUNT_LIMIT)));
    }

    /** See {@link io.saya.network.sockets.SocketGuest#socketConnection}. */
    GuestStreams socketConnection(int connection) {
        return PortConnection.of(
                ports,
                service,
                "socket-" + Integer.toUnsignedString(connection),
                limit,
                socketReads);
    }
}
