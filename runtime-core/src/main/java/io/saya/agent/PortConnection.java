package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import io.saya.lifecycle.Pace;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.ConnectRequest;
import io.saya.proto.agent.DisconnectRequest;
import io.saya.proto.agent.PortsClient;
import io.saya.proto.agent.ServeNamesRequest;
import io.saya.ttrpc.CallOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/**
 * A connection to a port of the guest, or to its name service, or of one of its programs: its bytes
 * travel like the streams of a process.
 */
final class PortConnection implements GuestStreams {
    private final PortsClient ports;
    private final String id;
    private final Duration limit;
    private final GuestStreams streams;

    private PortConnection(
            PortsClient ports, AgentClient agent, String id, Duration limit, Pace smallReads) {
        this.ports = ports;
        this.id = id;
        this.limit = limit;
        this.streams = new AgentStreams(agent, "", id, Set.of(), smallReads);
    }

    /**
     * Connects.
     *
     * @param id not in use
     * @param smallReads of all connections to the guest together
     */
    static PortConnection open(
            PortsClient ports,
            AgentClient agent,
            String id,
            int port,
            Duration limit,
            Pace smallReads) {
        ConnectRequest request = ConnectRequest.newBuilder().setId(id).setPort(port).build();
        AgentCall.run("Connect", () -> ports.connect(request, CallOptions.timeout(limit)));
        return new PortConnection(ports, agent, id, limit, smallReads);
    }

    /**
     * Takes what is asked of a name server.
     *
     * @param id not in use
     * @param address of the guest's loopback
     * @param smallReads of all connections to the guest together
     */
    static PortConnection ofNames(
            PortsClient ports,
            AgentClient agent,
            String id,
            String address,
            Duration limit,
            Pace smallReads) {
        ServeNamesRequest request =
                ServeNamesRequest.newBuilder().setId(id).setAddress(address).build();
        AgentCall.run("ServeNames", () -> ports.serveNames(request, CallOptions.timeout(limit)));
        return new PortConnection(ports, agent, id, limit, smallReads);
    }

    /**
     * One that is there.
     *
     * @param smallReads of all such connections together
     */
    static PortConnection of(
            PortsClient ports, AgentClient agent, String id, Duration limit, Pace smallReads) {
        return new PortConnection(ports, agent, id, limit, smallReads);
    }

    @Override
    public ByteString readStdout(int max) throws IOException {
        return streams.readStdout(max);
    }

    /** A connection has no second stream. */
    @Override
    public ByteString readStderr(int max) {
        return ByteString.EMPTY;
    }

    @Override
    public void writeStdin(ByteString data) throws IOException {
        streams.writeStdin(data);
    }

    @Override
    public void closeStdin() throws IOException {
        streams.closeStdin();
    }

    @Override
    public void close() {
        streams.close();
        DisconnectRequest request = DisconnectRequest.newBuilder().setId(id).build();
        // An agent that does not answer is gone, and the connection with it.
        var _ = ports.disconnectAsync(request, CallOptions.timeout(limit));
    }
}
