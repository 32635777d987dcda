package io.saya.hypervisor;

import java.nio.file.Path;

/**
 * Where the agent of a guest listens, seen from the host
 * (agent-proto/api/agents.md#where-an-agent-listens).
 */
public sealed interface AgentEndpoint {

    /**
     * The host's end of a virtio-serial port: a Unix socket that takes one client at a time.
     *
     * @param agents what the guest's agent may be
     */
    record SerialPort(Path socket, Agents agents) implements AgentEndpoint {}

    /** Whose agents may be at a serial port. */
    enum Agents {
        /** The default guest's, which speaks ttrpc. */
        DEFAULT,
        /** Those of Kata 1.x as well, which speak gRPC behind yamux. */
        ANY
    }

    /** AF_VSOCK. */
    record Vsock(int cid, int port) implements AgentEndpoint {}

    /** A Unix socket of a vhost-user vsock daemon that wants {@code CONNECT <port>\n} first. */
    record HybridVsock(Path socket, int port) implements AgentEndpoint {}
}
