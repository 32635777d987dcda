package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Reaches agents that speak ttrpc. */
public final class TtrpcConnector implements AgentConnector {

    /**
     * Between two attempts at a guest whose vsock driver is not up yet; a serial port is there from
     * the start.
     */
    private static final Duration RETRY = Duration.ofMillis(20);

    private final Transport transport;
    private final Duration createContainerLimit;

    public TtrpcConnector(Transport transport, Duration createContainerLimit) {
        this.transport = transport;
        this.createContainerLimit = createContainerLimit;
    }

    @Override
    public Agent connect(AgentEndpoint endpoint, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
            try {
                return greet(
                        TtrpcClient.connect(
                                transport, address(endpoint), ClientOptions.connectWithin(left)),
                        deadline);
            } catch (ConnectionFailure e) {
                if (endpoint instanceof AgentEndpoint.SerialPort || System.nanoTime() >= deadline) {
                    throw RuntimeFailure.unavailable(
                            "the agent cannot be reached: " + e.getMessage(), e);
                }
                LockSupport.parkNanos(RETRY.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw RuntimeFailure.unavailable("interrupted while waiting for the agent", e);
            }
        }
    }

    /**
     * The connection may be there before the guest is: only an answer shows that the agent is up.
     */
    private Agent greet(TtrpcClient client, long deadline) {
        TtrpcAgent agent = new TtrpcAgent(client, createContainerLimit);
        try {
            agent.check(
                    Duration.ofNanos(
                            Math.max(
                                    TimeUnit.MILLISECONDS.toNanos(1),
                                    deadline - System.nanoTime())));
            return agent;
        } catch (RuntimeFailure e) {
            agent.close();
            throw e;
        }
    }

    private static Endpoint address(AgentEndpoint endpoint) {
        return switch (endpoint) {
            case AgentEndpoint.SerialPort(var socket) -> Endpoint.unix(socket);
            case AgentEndpoint.HybridVsock(var socket, int port) ->
                    Endpoint.hybridVsock(socket, port);
            case AgentEndpoint.Vsock(int cid, int port) -> Endpoint.vsock(cid, port);
        };
    }
}
