package io.saya.agent;

import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.text.PlainText;
import io.saya.ttrpc.transport.ByteStream;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The log that an agent sends by vsock instead of printing it, joined into this process's log. Such
 * an agent keeps what it has to say until somebody takes it, and lets nobody take it twice. Read in
 * a virtual thread of its own, at a pace: a guest that logs without end waits, or loses lines.
 */
public final class AgentLog {

    /** The port that the agent is told of, and that Kata's runtimes use. */
    public static final int PORT = 1025;

    /** As of the console: what is the guest's own. */
    private static final Log LOG = Log.of(Log.GUEST);

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private static final Duration RETRY = Duration.ofMillis(100);

    /** The port is there before the agent's own: an agent that answers and has no such port. */
    private static final Duration LATE = Duration.ofSeconds(10);

    /** Bytes of a line that are kept; no agent's are as long. */
    private static final int LINE_LIMIT = 4 << 10;

    /** The pace of the guest's console. */
    private static final int READ_COST = 2 << 10;

    private static final int BURST = 2 << 20;
    private static final int BYTES_PER_SECOND = 16 << 10;

    private final Transport transport;
    private final Endpoint endpoint;
    private final Thread thread;
    private final Pace pace = new Pace(BURST, BYTES_PER_SECOND);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private volatile boolean agentIsUp;
    private volatile long upSince;

    private AgentLog(Transport transport, Endpoint endpoint) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.thread = Thread.ofVirtual().name("agent-log").unstarted(this::run);
    }

    /**
     * Begins to follow the log of a guest that may still be booting; goes on until the guest ends.
     *
     * @param agent by vsock: a serial port is the agent's alone
     */
    static AgentLog follow(Transport transport, AgentEndpoint agent) {
        AgentLog log =
                new AgentLog(
                        transport,
                        switch (agent) {
                            case AgentEndpoint.Vsock(int cid, _) -> Endpoint.vsock(cid, PORT);
                            case AgentEndpoint.HybridVsock(var socket, _) ->
                                    Endpoint.hybridVsock(socket, PORT);
                            case AgentEndpoint.SerialPort _ ->
                                    throw new IllegalArgumentException(
                                            "no port beside the agent's");
                        });
        log.thread.start();
        return log;
    }

    /** The agent answers: the port is there now, or never. */
    void agentIsUp() {
        upSince = System.nanoTime();
        agentIsUp = true;
    }

    /** There is no such guest any more. */
    void giveUp() {
        thread.interrupt();
    }

    private void run() {
        Waited.untilInterrupted(
                () -> {
                    try (ByteStream stream = connect()) {
                        read(stream);
                    } catch (IOException e) {
                        LOG.warn("no log of the agent by vsock", "error", e);
                    }
                });
    }

    private ByteStream connect() throws IOException, InterruptedException {
        while (true) {
            try {
                return ByteStream.connect(transport, endpoint, CONNECT_LIMIT);
            } catch (IOException e) {
                if (agentIsUp && System.nanoTime() - upSince > LATE.toNanos()) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
            }
        }
    }

    private void read(ByteStream stream) throws InterruptedException {
        while (true) {
            byte[] bytes = stream.read();
            if (bytes.length == 0) {
                end();
                return;
            }
            for (byte next : bytes) {
                if (next == '\n') {
                    end();
                } else if (line.size() < LINE_LIMIT) {
                    line.write(next);
                }
            }
            TimeUnit.NANOSECONDS.sleep(pace.spend(READ_COST + bytes.length).toNanos());
        }
    }

    private void end() {
        if (line.size() == 0) {
            return;
        }
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        try {
            tell(text);
        } catch (RuntimeException | Error e) {
            // The guest may say what it likes.
            LOG.debug("a line of the agent's log cannot be read", "error", e);
        }
    }

    private static void tell(String text) {
        AgentLogLine.parse(text)
                .ifPresentOrElse(
                        said ->
                                LOG.log(
                                        said.level(),
                                        "the agent says",
                                        "text",
                                        said.text().toString()),
                        () ->
                                LOG.log(
                                        LogLevel.DEBUG,
                                        "the agent says",
                                        "text",
                                        PlainText.line(text, LINE_LIMIT).toString()));
    }
}
