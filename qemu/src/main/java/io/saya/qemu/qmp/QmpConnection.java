package io.saya.qemu.qmp;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.qemu.qmp.QmpFailure.Kind;
import io.saya.text.PlainText;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A connection to QEMU's monitor. Two virtual threads own the channel, one reads and one writes,
 * and all others get futures: interrupting a thread inside an NIO call would close the channel for
 * everyone. Thread safe.
 *
 * <p>Nothing QEMU does can make a caller wait beyond its deadline or make this grow without bound:
 * it may be stopped, dead, talk nonsense, never answer or tell of events without end. Not to read
 * those would have QEMU keep them, in memory that no limit of the guest's need count; so they end
 * the connection.
 */
public final class QmpConnection implements AutoCloseable {

    /**
     * Longest line that is taken from QEMU. Replies of a small VM have some 10 KiB, of one with 240
     * processors 60; as JSON in memory a line is up to thirty times as large.
     */
    static final int MAX_LINE = 256 * 1024;

    /** Commands that may wait to be sent, while QEMU has not greeted or does not read. */
    static final int MAX_QUEUED = 64;

    /** Commands that may wait for their answer. */
    static final int MAX_PENDING = 256;

    /**
     * Events in one go, and a second in the long run. What a guest may cause of them is a handful a
     * day; QEMU itself holds most kinds back to one a second.
     */
    static final int EVENT_BURST = 2048;

    static final int EVENTS_PER_SECOND = 20;

    /** Bytes of an event, and reads for it, that cost as much as another one: none has as many. */
    private static final int EVENT_BYTES = 1024;

    private static final int EVENT_READS = 8;

    /**
     * Answers to commands that nobody waits for, lines without a word, and greetings. Answers that
     * come after their deadline are a few; more cost the host time for nothing, and end the
     * connection.
     */
    static final int MAX_UNWANTED = 64;

    private final SocketChannel channel;

    /** On the reading thread only. */
    private int unwanted;

    private final Pace events = new Pace(EVENT_BURST, EVENTS_PER_SECOND);

    /** Set before the threads start. */
    private Consumer<QmpEvent> listener = _ -> {};

    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final BlockingQueue<byte[]> outgoing = new ArrayBlockingQueue<>(MAX_QUEUED);
    private final CompletableFuture<Void> greeted = new CompletableFuture<>();
    private final CompletableFuture<Void> serving = new CompletableFuture<>();
    private final CompletableFuture<QmpFailure> ended = new CompletableFuture<>();

    private record Pending(String command, CompletableFuture<JsonValue> reply) {}

    private QmpConnection(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Connects, and begins.
     *
     * @see #connect
     * @see #begin
     */
    public static QmpConnection open(Path socket, String owner, Consumer<QmpEvent> listener)
            throws IOException {
        QmpConnection connection = connect(socket);
        connection.begin(owner, listener);
        return connection;
    }

    /**
     * Connects. Nothing is read or written before {@link #begin}; commands may be given at once.
     *
     * @throws IOException if nobody listens at {@code socket}
     */
    public static QmpConnection connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            channel.close();
            throw new IOException("connect " + socket + ": " + e.getMessage(), e);
        }
        return new QmpConnection(channel);
    }

    /**
     * Begins to read and to write; to be called once. Does not wait for QEMU's greeting, after
     * which commands are sent.
     *
     * @param owner stands in the names of the threads
     * @param told is told of events, in their order, on the reading thread; must not block
     */
    public void begin(String owner, Consumer<QmpEvent> told) {
        listener = told;
        Thread.ofVirtual().name("qmp-read-" + owner).start(this::readAll);
        Thread.ofVirtual().name("qmp-write-" + owner).start(this::writeAll);
    }

    /**
     * Gives a command without waiting.
     *
     * @return what QEMU returns; fails with a {@link QmpFailure}, at the latest when the connection
     *     ends. The caller that waits sets the deadline; see {@link #execute}.
     */
    public CompletableFuture<JsonValue> submit(QmpCommand command) {
        return register(lastId.incrementAndGet(), command);
    }

    /**
     * Gives a command and waits for QEMU's answer.
     *
     * @param deadline how long, greeting included if there was none yet
     */
    public JsonValue execute(QmpCommand command, Duration deadline) throws QmpFailure {
        long id = lastId.incrementAndGet();
        CompletableFuture<JsonValue> reply = register(id, command);
        try {
            return switch (Waited.on(reply, deadline)) {
                case Waited.Done(JsonValue answer) -> answer;
                case Waited.Failed(Throwable cause) -> throw failure(command.name(), cause);
                case Waited.TimedOut() ->
                        throw new QmpFailure(
                                Kind.TIMED_OUT,
                                "QMP "
                                        + command.name()
                                        + ": no answer within "
                                        + deadline.toMillis()
                                        + " ms (QEMU is stopped, hangs or the host is overloaded)");
                case Waited.Interrupted() ->
                        throw new QmpFailure(
                                Kind.INTERRUPTED,
                                "QMP " + command.name() + ": interrupted while waiting");
            };
        } finally {
            pending.remove(id);
        }
    }

    /**
     * Completes when QEMU has answered a command; fails if the connection ends before. The greeting
     * says less: a thread of its own sends it while the machine is still being made, and that may
     * fail.
     */
    public CompletableFuture<Void> serving() {
        return serving.copy();
    }

    /** Completes, never exceptionally, when the connection has ended, with the cause. */
    public CompletableFuture<QmpFailure> ended() {
        return ended.copy();
    }

    /** Ends the connection; commands without an answer fail. May be called many times. */
    @Override
    public void close() {
        end(new QmpFailure(Kind.DISCONNECTED, "QMP connection closed by us"));
    }

    private CompletableFuture<JsonValue> register(long id, QmpCommand command) {
        CompletableFuture<JsonValue> reply = new CompletableFuture<>();
        if (pending.size() >= MAX_PENDING) {
            reply.completeExceptionally(overloaded(command, MAX_PENDING, "have no answer"));
            return reply;
        }
        pending.put(id, new Pending(command.name(), reply));
        // After the put: whoever ends the connection either finds it or is seen here.
        if (ended.isDone()) {
            pending.remove(id);
            reply.completeExceptionally(lost(command.name(), ended.join()));
        } else if (!outgoing.offer(line(id, command))) {
            pending.remove(id);
            reply.completeExceptionally(overloaded(command, MAX_QUEUED, "wait to be sent"));
        }
        return reply;
    }

    private static QmpFailure overloaded(QmpCommand command, int count, String state) {
        return new QmpFailure(
                Kind.OVERLOADED,
                "QMP "
                        + command.name()
                        + ": "
                        + count
                        + " commands "
                        + state
                        + " (QEMU is stopped or hangs)");
    }

    private static byte[] line(long id, QmpCommand command) {
        JsonObject.Builder message = JsonObject.builder().put("execute", command.name());
        if (!command.arguments().members().isEmpty()) {
            message.put("arguments", command.arguments());
        }
        return (Json.write(message.put("id", id).build()) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private void readAll() {
        QmpFailure cause = null;
        try {
            LineReader lines = new LineReader(channel, MAX_LINE);
            for (byte[] line = lines.next(); line != null; line = lines.next()) {
                if (line.length > 0) {
                    handle(QmpMessage.parse(line), eventsFor(line.length, lines.reads()));
                } else {
                    countUnwanted();
                }
            }
            cause = new QmpFailure(Kind.DISCONNECTED, "QEMU closed the QMP connection");
        } catch (FloodException e) {
            cause = new QmpFailure(Kind.FLOOD, String.valueOf(e.getMessage()), e);
        } catch (LineReader.TooLongException | JsonException e) {
            cause = new QmpFailure(Kind.PROTOCOL, "not QMP: " + e.getMessage(), e);
        } catch (IOException e) {
            cause = new QmpFailure(Kind.DISCONNECTED, "QMP connection: " + e.getMessage(), e);
        } finally {
            // Also when the listener throws: a connection without a reader must not look alive.
            end(cause != null ? cause : new QmpFailure(Kind.PROTOCOL, "QMP reader failed"));
        }
    }

    /** How many events one of this length, in so many pieces, counts as. */
    private static int eventsFor(int bytes, int reads) {
        return 1 + bytes / EVENT_BYTES + reads / EVENT_READS;
    }

    /**
     * @param cost what it counts as if it is an event
     */
    private void handle(QmpMessage message, int cost) {
        switch (message) {
            case QmpMessage.Greeting() -> {
                if (!greeted.complete(null)) {
                    countUnwanted();
                }
            }
            case QmpMessage.Event(QmpEvent event) -> {
                if (!events.allows(cost)) {
                    throw new FloodException(event.name());
                }
                listener.accept(event);
            }
            case QmpMessage.Success(long id, JsonValue result) -> {
                serving.complete(null);
                Pending command = pending.remove(id);
                if (command != null) {
                    command.reply().complete(result);
                } else {
                    countUnwanted();
                }
            }
            case QmpMessage.Refusal(long id, String errorClass, String description) -> {
                Pending command = pending.remove(id);
                if (command != null) {
                    command.reply()
                            .completeExceptionally(
                                    new QmpFailure(
                                            Kind.REFUSED,
                                            "QMP "
                                                    + command.command()
                                                    + " refused: "
                                                    + description
                                                    + " ("
                                                    + errorClass
                                                    + ")",
                                            errorClass.equals("DeviceNotFound")));
                } else {
                    countUnwanted();
                }
            }
        }
    }

    private void countUnwanted() {
        if (++unwanted > MAX_UNWANTED) {
            throw new JsonException(
                    unwanted + " answers that nobody waits for, or lines without a word");
        }
    }

    private void writeAll() {
        if (!Waited.on(greeted).isDone()) {
            // The connection ended before it began; who ended it has told everyone.
            close();
            return;
        }
        try {
            write(line(0, new QmpCommand("qmp_capabilities")));
            boolean ownEnd =
                    Waited.untilInterrupted(
                            () -> {
                                while (!ended.isDone()) {
                                    write(outgoing.take());
                                }
                            });
            if (!ownEnd) {
                // Nobody else knows this thread; if it happens all the same, fail in the open.
                close();
            }
        } catch (IOException e) {
            end(new QmpFailure(Kind.DISCONNECTED, "QMP connection: " + e.getMessage(), e));
        }
    }

    private void write(byte[] line) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(line);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void end(QmpFailure cause) {
        if (!ended.complete(cause)) {
            return;
        }
        greeted.completeExceptionally(cause);
        serving.completeExceptionally(cause);
        try {
            channel.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        // Wakes the writer if it waits for work. If the queue is full, it does not wait.
        boolean _ = outgoing.offer(new byte[0]);
        for (Pending command : pending.values()) {
            command.reply().completeExceptionally(lost(command.command(), cause));
        }
        pending.clear();
    }

    /** Returns the failure of a command whose connection has ended. */
    private static QmpFailure lost(String command, QmpFailure cause) {
        return new QmpFailure(cause.kind(), "QMP " + command + ": " + cause.getMessage(), cause);
    }

    /** The cause of a failed reply, seen from the thread that waited for it. */
    private static QmpFailure failure(String command, Throwable cause) {
        if (cause instanceof QmpFailure known) {
            return new QmpFailure(known.kind(), String.valueOf(known.getMessage()), known);
        }
        return new QmpFailure(
                Kind.DISCONNECTED, "QMP " + command + ": " + cause.getMessage(), cause);
    }

    /** More events came than anything honest causes. */
    private static final class FloodException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FloodException(String event) {
            super(
                    "QEMU tells of too many events, at last "
                            + PlainText.line(event, 40)
                            + " (expected: at most "
                            + EVENTS_PER_SECOND
                            + " a second after the first "
                            + EVENT_BURST
                            + "): the guest floods it");
        }
    }
}
