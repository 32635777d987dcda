package io.saya.agent;

import io.netty.channel.Channel;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Patience;
import io.saya.log.Log;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.UnaryConnector.Framing;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Reaches agents, and finds out what they speak. ttrpc is tried first: all but those of Kata 1.x
 * speak it. One that speaks gRPC says so in its own protocol. At a serial port that is yamux's
 * first word, and the connection goes on: an agent whose connection ends opens the port again,
 * which it can while nothing of it holds the port any more, and otherwise never. Elsewhere it is
 * HTTP/2's; whatever ends a connection before the first answer is taken for that. The agent listens
 * again a tenth of a second later.
 */
public final class KataConnector implements AgentConnector {

    private static final Log LOG = Log.of("agent");

    /**
     * The time between two attempts at a guest whose vsock driver is not up yet; a serial port is
     * there from the start.
     */
    private static final Duration RETRY = DaemonDial.RETRY;

    /** How long an agent of Kata 1.x takes to listen again. */
    private static final Duration LISTENS_AGAIN = Duration.ofMillis(100);

    /**
     * What the first attempt by gRPC gets for its answer; each later one gets twice as much. What
     * is sent before the agent listens again is lost, so an attempt must not wait for long.
     */
    private static final Duration FIRST_GRPC_ANSWER = Duration.ofMillis(500);

    private static final Duration LONGEST_GRPC_ANSWER = Duration.ofSeconds(8);

    /** After as many attempts by gRPC, the peer is taken for no agent. */
    private static final int GRPC_ATTEMPTS = 8;

    /** The limit of one attempt to connect. */
    private static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(10);

    /** No limit: an attempt by way of a vsock daemon is given up by others. */
    private static final Duration NO_LIMIT = Duration.ofDays(1);

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
    private final GrpcLibrary grpc;
    private final Duration createContainerLimit;
    private final TtrpcObserver calls;
    private final boolean followsLog;
    private final Duration attemptLimit;

    /**
     * @param grpc loaded for agents that speak it
     * @param calls told of every call to the agent
     */
    public KataConnector(
            Transport transport,
            GrpcLibrary grpc,
            Duration createContainerLimit,
            TtrpcObserver calls) {
        this(transport, grpc, createContainerLimit, calls, false, ATTEMPT_LIMIT);
    }

    private KataConnector(
            Transport transport,
            GrpcLibrary grpc,
            Duration createContainerLimit,
            TtrpcObserver calls,
            boolean followsLog,
            Duration attemptLimit) {
        this.transport = transport;
        this.grpc = grpc;
        this.createContainerLimit = createContainerLimit;
        this.calls = calls;
        this.followsLog = followsLog;
        this.attemptLimit = attemptLimit;
    }

    /**
     * The same for an agent that was told to send its log to {@link AgentLog#PORT}.
     *
     * @param wanted whether it was
     */
    public KataConnector followingLog(boolean wanted) {
        return new KataConnector(
                transport, grpc, createContainerLimit, calls, wanted, attemptLimit);
    }

    /** The same with another limit of one attempt to connect. */
    KataConnector attempting(Duration limit) {
        return new KataConnector(transport, grpc, createContainerLimit, calls, followsLog, limit);
    }

    @Override
    public Agent connect(AgentEndpoint endpoint, ChannelSigns signs, Patience patience) {
        if (!followsLog) {
            return reach(endpoint, signs, patience);
        }
        AgentLog log = AgentLog.follow(transport, endpoint);
        boolean reached = false;
        try {
            Agent agent = reach(endpoint, signs, patience);
            reached = true;
            log.agentIsUp();
            return agent;
        } finally {
            if (!reached) {
                log.giveUp();
            }
        }
    }

    private Agent reach(AgentEndpoint endpoint, ChannelSigns signs, Patience patience) {
        Duration grpcAnswer = FIRST_GRPC_ANSWER;
        int grpcAttempts = 0;
        Patience living = () -> signs.hungUp().isDone() || patience.exhausted();
        CompletableFuture<Channel> yamux = new CompletableFuture<>();
        while (true) {
            try {
                if (grpcAttempts == 0) {
                    UnaryClient client =
                            connected(
                                    endpoint,
                                    options ->
                                            TtrpcClient.connect(
                                                    transport,
                                                    greeted(endpoint, yamux::complete),
                                                    options),
                                    patience);
                    if (!(endpoint instanceof AgentEndpoint.SerialPort)) {
                        signs.taken().run();
                    }
                    return greet(client, living);
                }
                if (grpcAttempts == 1 && yamux.isDone()) {
                    return greet(
                            kept(Endpoint.left(yamux.join(), address(endpoint).toString())),
                            living);
                }
                return greet(
                        connected(
                                endpoint,
                                options ->
                                        grpc.connector()
                                                .connect(
                                                        transport,
                                                        address(endpoint),
                                                        framing(endpoint),
                                                        options),
                                patience),
                        soonerThan(patience, grpcAnswer));
            } catch (AnotherProtocol e) {
                boolean kept = grpcAttempts == 0 && yamux.isDone();
                if (patience.exhausted() || grpcAttempts == GRPC_ATTEMPTS) {
                    if (kept) {
                        var _ = yamux.join().close();
                    }
                    throw e.failure();
                }
                LOG.debug("the agent may speak gRPC", "after", e.failure().getMessage());
                if (kept) {
                    grpcAttempts++;
                    continue;
                }
                if (grpcAttempts++ > 0 && grpcAnswer.compareTo(LONGEST_GRPC_ANSWER) < 0) {
                    grpcAnswer = grpcAnswer.multipliedBy(2);
                }
                long ended = System.nanoTime();
                grpc.connector();
                LockSupport.parkNanos(LISTENS_AGAIN.toNanos() - (System.nanoTime() - ended));
            } catch (ConnectionFailure e) {
                // A serial port is there from the start, but on a busy host QEMU, or this process,
                // may need longer than an attempt is given.
                boolean over = endpoint instanceof AgentEndpoint.SerialPort && !e.isLate();
                if (over || patience.exhausted()) {
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

    /** What a connection that was taken from another daemon is used with. */
    static ClientOptions options(TtrpcObserver calls) {
        return options(ATTEMPT_LIMIT, calls);
    }

    private static ClientOptions options(Duration limit, TtrpcObserver calls) {
        return ClientOptions.connectWithin(limit)
                .untrusting(ANSWER_BYTES, UNWANTED_ANSWERS)
                .observedBy(calls);
    }

    /** Makes a connection of a protocol. */
    @FunctionalInterface
    private interface Connecting {
        UnaryClient with(ClientOptions options) throws ConnectionFailure, InterruptedException;
    }

    private UnaryClient connected(AgentEndpoint endpoint, Connecting connecting, Patience patience)
            throws ConnectionFailure, InterruptedException {
        return endpoint instanceof AgentEndpoint.HybridVsock
                ? new DaemonDial(() -> connecting.with(options(NO_LIMIT, calls))).dial(patience)
                : connecting.with(options(attemptLimit, calls));
    }

    /**
     * Goes on with the connection on which yamux has answered.
     *
     * @throws AnotherProtocol if it has ended meanwhile, so that another one is needed
     */
    private UnaryClient kept(Endpoint left) throws AnotherProtocol, InterruptedException {
        try {
            return grpc.connector()
                    .connect(transport, left, Framing.YAMUX, options(attemptLimit, calls));
        } catch (ConnectionFailure e) {
            throw new AnotherProtocol(
                    RuntimeFailure.unavailable("the agent hung up: " + e.getMessage(), e));
        }
    }

    private static Patience soonerThan(Patience patience, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        return () -> System.nanoTime() - end > 0 || patience.exhausted();
    }

    /**
     * Waits for the agent's first answer. The connection may be there before the guest is: only an
     * answer shows that the agent is up.
     *
     * @throws AnotherProtocol if it ends without one, or its own limit is over
     */
    private Agent greet(UnaryClient client, Patience patience) throws AnotherProtocol {
        KataAgent agent = new KataAgent(client, createContainerLimit);
        try {
            agent.awaitAnswer(patience);
            return agent;
        } catch (RuntimeFailure e) {
            agent.close();
            if (isEndOfConnection(e) || e.kind() == RuntimeFailure.Kind.DEADLINE_EXCEEDED) {
                throw new AnotherProtocol(e);
            }
            throw e;
        }
    }

    private static boolean isEndOfConnection(RuntimeFailure failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectionFailure) {
                return true;
            }
        }
        return false;
    }

    /** Where there is no vsock, gRPC needs yamux on the way. */
    private static Framing framing(AgentEndpoint endpoint) {
        return switch (endpoint) {
            case AgentEndpoint.SerialPort _ -> Framing.YAMUX;
            case AgentEndpoint.HybridVsock _, AgentEndpoint.Vsock _ -> Framing.PLAIN;
        };
    }

    /** The address for a first attempt, at which somebody may be who speaks something else. */
    private static Endpoint greeted(AgentEndpoint endpoint, Consumer<Channel> yamux) {
        return endpoint instanceof AgentEndpoint.SerialPort(var socket, var agents)
                        && agents == AgentEndpoint.Agents.ANY
                ? Endpoint.serialPort(socket, yamux)
                : address(endpoint);
    }

    private static Endpoint address(AgentEndpoint endpoint) {
        return switch (endpoint) {
            case AgentEndpoint.SerialPort(var socket, _) -> Endpoint.unix(socket);
            case AgentEndpoint.HybridVsock(var socket, int port) ->
                    Endpoint.hybridVsock(socket, port);
            case AgentEndpoint.Vsock(int cid, int port) -> Endpoint.vsock(cid, port);
        };
    }

    /** There was no answer to the first call. */
    private static final class AnotherProtocol extends Exception {
        private static final long serialVersionUID = 1L;

        AnotherProtocol(RuntimeFailure why) {
            super(why);
        }

        RuntimeFailure failure() {
            return (RuntimeFailure) Objects.requireNonNull(getCause());
        }
    }
}
