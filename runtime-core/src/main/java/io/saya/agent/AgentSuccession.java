package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.ttrpc.HeldClient;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;

/** Comes after another daemon at an agent's channel: one that handed it over, or one that died. */
public final class AgentSuccession {
    /**
     * How long an agent may take to answer a new daemon before what the dead one has left of a
     * request is taken to have swallowed the first of the new one: it looks for that after 300 ms.
     */
    private static final Duration FIRST_RECONNECT = Duration.ofSeconds(2);

    private AgentSuccession() {}

    /**
     * Goes on with the connection that another daemon holds, and has let go of.
     *
     * @param details what the agent has told of itself there
     */
    public static KataAgent goOn(
            Transport transport,
            HeldClient held,
            GuestDetails details,
            Duration createContainerLimit,
            TtrpcObserver calls) {
        KataAgent agent =
                new KataAgent(
                        AgentCall.run(
                                "go on",
                                () ->
                                        TtrpcClient.goOn(
                                                transport,
                                                held,
                                                "the agent",
                                                KataConnector.options(calls))),
                        createContainerLimit);
        agent.knownAs(details);
        return agent;
    }

    /**
     * Connects anew to an agent at a serial port whose other daemon has died, perhaps in the middle
     * of a request or of an answer. Tries again, with twice the patience, where the rest of that
     * swallows the first request. Blocks.
     *
     * @param socket of the port
     * @param details what the agent has told of itself to that daemon
     * @param limit for all
     * @throws RuntimeFailure DEADLINE_EXCEEDED if it does not answer, UNAVAILABLE if it cannot be
     *     reached
     */
    public static KataAgent reconnect(
            Transport transport,
            Path socket,
            GuestDetails details,
            Duration createContainerLimit,
            TtrpcObserver calls,
            Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        Duration attempt = FIRST_RECONNECT;
        while (true) {
            long attemptEnd = System.nanoTime() + attempt.toNanos();
            KataAgent agent = connected(transport, socket, createContainerLimit, calls);
            try {
                agent.awaitAnswer(
                        () -> {
                            long now = System.nanoTime();
                            return now - attemptEnd > 0 || now - end > 0;
                        });
                agent.knownAs(details);
                return agent;
            } catch (RuntimeFailure e) {
                agent.close();
                if (e.kind() != RuntimeFailure.Kind.DEADLINE_EXCEEDED
                        || System.nanoTime() - end > 0) {
                    throw e;
                }
                attempt = attempt.multipliedBy(2);
            }
        }
    }

    private static KataAgent connected(
            Transport transport, Path socket, Duration createContainerLimit, TtrpcObserver calls) {
        return new KataAgent(
                AgentCall.run(
                        "connect",
                        () ->
                                TtrpcClient.connect(
                                        transport,
                                        Endpoint.leftSerialPort(socket),
                                        KataConnector.options(calls))),
                createContainerLimit);
    }
}
