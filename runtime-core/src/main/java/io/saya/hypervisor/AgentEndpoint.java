package io.saya.hypervisor;

import java.nio.file.Path;

/**
 * Where the agent of a guest listens, seen from the host
 * (agent-proto/api/agents.md#where-an-agent-listens).
 */
public sealed interface AgentEndpoint {

    /**
     * The host's end of a virtio-serial port: a Unix socket that takes one client at a time and
     * carries ttrpc directly.
     */
    record SerialPort(Path socket) implements AgentEndpoint {}

    /** AF_VSOCK. */
    record Vsock(int cid, int port) implements AgentEndpoint {}

    /** A Unix socket of a vhost-user vsock daemon that wants {@code CONNECT <port>\n} first. */
    record HybridVsock(Path socket, int port) implements AgentEndpoint {}
}
