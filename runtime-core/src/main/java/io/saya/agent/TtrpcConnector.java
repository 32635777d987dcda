package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Patience;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Reaches agents that speak ttrpc. */
public final class TtrpcConnector implements AgentConnector {

    /**
     * The time between two attempts at a guest whose vsock driver is not up yet; a serial port is
     * there from the start.
     */
    private static final Duration RETRY = Duration.ofMillis(20);

    /** The limit of one attempt to connect. */
    private static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(10);

    /**
     * The least limit of an attempt by way of a vsock daemon. Before the guest's driver is up it
     * may drop a connection without a word, and only a new one is answered.
     */
    private static final Duration DAEMON_ATTEMPT = Duration.ofMillis(250);

    /**
     * An attempt by way of a daemon gets this part of the time that the guest has had so far: a
     * slow guest may answer late, and what is lost by a dropped attempt stays small.
     */
    private static final int PART_OF_WAIT = 8;

    /**
     * The most bytes of an answer whose call does not say itself how much it asks for: nothing, a
     * number, an id, or an error, whose text is cut after 8 KiB.
     */
    static final int ANSWER_BYTES = 16 << 10;

    /**
     * The most bytes of an answer that is a list: statistics of a container, all routes. Some
     * thousand entries.
     */
    static final int LIST_BYTES = 64 << 10;

    /**
     * How many answers that nobody asked for are borne. No agent sends one; a few may be a fault of
     * it, many are an attack.
     */
    private static final int UNWANTED_ANSWERS = 16;

    private final Transport transport;
    private final Duration createContainerLimit;
    private final TtrpcObserver calls;

    /**
     * @param calls told of every call to the agent
     */
    public TtrpcConnector(Transport transport, Duration createContainerLimit, TtrpcObserver calls) {
        this.transport = transport;
        this.createContainerLimit = createContainerLimit;
        this.calls = calls;
    }

    @Override
    public Agent connect(AgentEndpoint endpoint, Patience patience) {
        long begun = System.nanoTime();
        while (true) {
            try {
                return greet(
                        TtrpcClient.connect(
                                transport,
                                address(endpoint),
                                ClientOptions.connectWithin(attemptLimit(endpoint, begun))
                                        .untrusting(ANSWER_BYTES, UNWANTED_ANSWERS)
                                        .observedBy(calls)),
                        patience);
            } catch (ConnectionFailure e) {
                if (endpoint instanceof AgentEndpoint.SerialPort || patience.exhausted()) {
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

    private static Duration attemptLimit(AgentEndpoint endpoint, long begun) {
        if (!(endpoint instanceof AgentEndpoint.HybridVsock)) {
            return ATTEMPT_LIMIT;
        }
        long part = (System.nanoTime() - begun) / PART_OF_WAIT;
        return Duration.ofNanos(
                Math.clamp(part, DAEMON_ATTEMPT.toNanos(), ATTEMPT_LIMIT.toNanos()));
    }

    /**
     * Waits for the agent's first answer. The connection may be there before the guest is: only an
     * answer shows that the agent is up.
     */
    private Agent greet(TtrpcClient client, Patience patience) {
        TtrpcAgent agent = new TtrpcAgent(client, createContainerLimit);
        try {
            agent.awaitGreeting(patience);
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
