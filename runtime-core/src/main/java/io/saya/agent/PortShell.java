package io.saya.agent;

import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestShell;
import io.saya.ttrpc.transport.ByteStream;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.time.Duration;

/**
 * The agent's debug console at a vsock port of its own: each connection has a terminal and a shell,
 * which the console's own text does not disturb.
 */
public final class PortShell implements GuestShell {

    /** The port that the agent is told of, and that Kata's runtimes use. */
    public static final int PORT = 1026;

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Transport transport;
    private final Endpoint endpoint;

    private PortShell(Transport transport, Endpoint endpoint) {
        this.transport = transport;
        this.endpoint = endpoint;
    }

    /**
     * The shell of a guest.
     *
     * @param agent by vsock: a serial port is the agent's alone
     */
    public static PortShell of(Transport transport, AgentEndpoint agent) {
        return new PortShell(
                transport,
                switch (agent) {
                    case AgentEndpoint.Vsock(int cid, _) -> Endpoint.vsock(cid, PORT);
                    case AgentEndpoint.HybridVsock(var socket, _) ->
                            Endpoint.hybridVsock(socket, PORT);
                    case AgentEndpoint.SerialPort _ ->
                            throw new IllegalArgumentException("no port beside the agent's");
                });
    }

    @Override
    public Session open() throws IOException, InterruptedException {
        ByteStream stream = ByteStream.connect(transport, endpoint, LIMIT);
        return new Session() {
            @Override
            public byte[] read() throws InterruptedException {
                return stream.read();
            }

            @Override
            public void type(byte[] bytes) throws IOException, InterruptedException {
                stream.write(bytes);
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }
}
