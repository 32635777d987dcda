package io.saya.ttrpc;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.FrameDecoder;
import io.saya.ttrpc.wire.FrameListener;
import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.MalformedEnvelopeException;
import io.saya.ttrpc.wire.MethodName;
import io.saya.ttrpc.wire.OutboundFrame;
import io.saya.ttrpc.wire.OutboundQueue;
import io.saya.ttrpc.wire.ReadGate;
import io.saya.ttrpc.wire.ReadPace;
import io.saya.ttrpc.wire.ResponseEnvelope;
import io.saya.ttrpc.wire.WireFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait for answers on one connection.
 *
 * <p>Stream ids are given on the event loop in the moment a request is written, so they rise on the
 * wire without any lock.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements FrameListener {
    /** More than any server may send of what nobody asked for, and far from an overflow. */
    private static final int MAX_WEIGHT = 1 << 10;

    private final Channel channel;
    private final String peer;
    private final ClientOptions options;
    private final FrameDecoder decoder = new FrameDecoder(this);
    private final ReadGate gate;

    /** Paces a server that is not trusted. */
    private final @Nullable ReadPace pace;

    private final OutboundQueue queue;
    private final AtomicInteger outstanding = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final CompletableFuture<ConnectionFailure> closed = new CompletableFuture<>();

    // On the event loop only.
    private final ResponseEnvelope response = new ResponseEnvelope();
    private final IntObjectHashMap<ClientCall> calls = new IntObjectHashMap<>();
    private final IntObjectHashMap<Inherited> inherited = new IntObjectHashMap<>();
    private boolean holding;
    private long givenUp;
    private long unwanted;
    private final Surplus surplus = new Surplus();

    /** True if a stream was ever opened: its messages may come when it has been given up. */
    private boolean streams;

    private int nextStreamId = 1;
    private @Nullable Throwable cause;

    private volatile @Nullable ConnectionFailure failure;

    ClientConnection(Channel channel, String peer, ClientOptions options) {
        this.channel = channel;
        this.peer = peer;
        this.options = options;
        this.gate = new ReadGate(channel);
        this.pace = options.unwantedAnswers() == Integer.MAX_VALUE ? null : new ReadPace(gate);
        this.queue =
                new OutboundQueue(channel, new FrameWriter(), options.outboundBytes(), () -> {});
    }

    /** What bytes pass before this handler. */
    List<ChannelHandler> before() {
        return pace == null ? List.of(decoder) : List.of(pace, decoder);
    }

    EventLoop loop() {
        return channel.eventLoop();
    }

    CompletableFuture<ConnectionFailure> closed() {
        return closed;
    }

    long droppedResponses() {
        return dropped.get();
    }

    /** The longest frame that may come as an answer. */
    int answerBytes() {
        return options.answerBytes();
    }

    /** Reads answers with or without unknown fields. */
    <T> Parser<T> parser(Parser<T> parser) {
        return switch (options.unknownFields()) {
            case KEEP -> parser;
            case DISCARD -> withoutUnknownFields(parser);
        };
    }

    /** Casts what was parsed to a message, though protobuf's type of a parser does not say so. */
    @SuppressWarnings("unchecked")
    private static <T> Parser<T> withoutUnknownFields(Parser<T> parser) {
        Parser<Message> ofMessages = (Parser<Message>) parser;
        return (Parser<T>) DiscardUnknownFieldsParser.wrap(ofMessages);
    }

    StreamInbox newInbox() {
        return new StreamInbox(loop(), gate);
    }

    /** The stream of the first call; before anything is written. */
    void beginWith(int stream) {
        nextStreamId = stream;
    }

    /** Goes on with a connection that another process has described; before anything is read. */
    void goOn(HeldClient held) {
        nextStreamId = held.nextStreamId();
        for (HeldClient.Call call : held.calls()) {
            inherited.put(call.streamId(), new Inherited(call));
        }
        decoder.continueAfter(held.unfinished());
    }

    /**
     * Describes the connection for another process, and writes nothing from now on; null, and
     * nothing is held, while calls are in progress that are not {@code repeatable}; null also while
     * it is not {@code quiet}: then nothing is read any more, and is asked again.
     */
    @Nullable HeldClient freeze(
            Predicate<MethodName> repeatable, Predicate<List<MethodName>> quiet) {
        List<HeldClient.Call> held = new ArrayList<>();
        List<MethodName> methods = new ArrayList<>();
        for (IntObjectMap.PrimitiveEntry<ClientCall> entry : calls.entries()) {
            ClientCall call = entry.value();
            MessageLite request = call.request();
            if (request == null || !repeatable.test(call.method())) {
                stopHolding();
                return null;
            }
            methods.add(call.method());
            held.add(
                    new HeldClient.Call(
                            entry.key(),
                            call.method().service(),
                            call.method().method(),
                            request.toByteArray(),
                            call.answerBytes()));
        }
        if (!holding) {
            holding = true;
            gate.hold();
        }
        if (held.size() != outstanding.get() || !quiet.test(methods) || !queue.freeze()) {
            return null;
        }
        return new HeldClient(
                Transport.descriptor(channel), nextStreamId, held, decoder.unfinished());
    }

    private void stopHolding() {
        if (holding) {
            holding = false;
            gate.release();
        }
    }

    /** The end of {@link #freeze}. */
    void release() {
        queue.thaw();
        stopHolding();
    }

    // Threads of callers.

    /** Queues a call, waiting for room. */
    void submit(ClientCall call) throws TtrpcException, InterruptedException {
        int length = admit(call);
        try {
            reserve(call, length, call);
        } catch (TtrpcException | InterruptedException e) {
            outstanding.decrementAndGet();
            throw e;
        }
        queue.add(call);
    }

    /** Queues a call if there is room now. */
    void submitNow(ClientCall call) throws TtrpcException {
        int length = admit(call);
        if (!queue.tryReserve(call, length)) {
            outstanding.decrementAndGet();
            throw new TtrpcStatusException(
                    StatusCode.RESOURCE_EXHAUSTED,
                    queue.bytes() + " bytes wait for " + peer + " already; it reads too slowly");
        }
        queue.add(call);
    }

    private int admit(ClientCall call) throws TtrpcException {
        ConnectionFailure ended = failure;
        if (ended != null) {
            throw ended.again();
        }
        int length = call.requestLength();
        if (length > WireFormat.MAX_PAYLOAD) {
            throw ServerCall.tooLarge("request", length);
        }
        if (outstanding.incrementAndGet() > options.calls()) {
            outstanding.decrementAndGet();
            throw new TtrpcStatusException(
                    StatusCode.RESOURCE_EXHAUSTED,
                    options.calls() + " calls to " + peer + " wait for answers already");
        }
        return length;
    }

    /** Queues a message of a call's stream, waiting for room. */
    void send(OutboundFrame frame, int length, ClientCall call)
            throws TtrpcException, InterruptedException {
        reserve(frame, length, call);
        queue.add(frame);
    }

    private void reserve(OutboundFrame frame, int length, ClientCall call)
            throws TtrpcException, InterruptedException {
        if (loop().inEventLoop()) {
            throw new IllegalStateException(
                    "a blocking call on the event loop would wait for itself");
        }
        if (!queue.reserve(frame, length, call.deadline())) {
            ConnectionFailure ended = failure;
            throw ended == null ? call.deadlineExceeded() : ended.again();
        }
    }

    /** The caller no longer waits; on any thread. */
    void abandon(ClientCall call) {
        onLoop(() -> giveUp(call));
    }

    void onLoop(Runnable task) {
        try {
            loop().execute(task);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, and every call with it.
        }
    }

    // The event loop.

    void sendAnyway(OutboundFrame frame) {
        queue.reserveAnyway(frame, 0);
        queue.add(frame);
    }

    /** The stream on which another process has asked the same and got no answer; 0: none. */
    int askedBefore(ClientCall call) {
        for (IntObjectMap.PrimitiveEntry<Inherited> entry : inherited.entries()) {
            if (entry.value().asked(call)) {
                calls.put(entry.key(), call);
                return entry.key();
            }
        }
        return 0;
    }

    /** Hands the answer out that has come before somebody asked again, if it has. */
    void answerEarly(int streamId) {
        Inherited asked = inherited.remove(streamId);
        if (asked != null && asked.answer != null) {
            onResponse(streamId, asked.answer);
        }
    }

    /** A call of another process. */
    private static final class Inherited {
        private final HeldClient.Call call;
        private byte @Nullable [] answer;

        Inherited(HeldClient.Call call) {
            this.call = call;
        }

        boolean asked(ClientCall again) {
            MessageLite request = again.request();
            return request != null
                    && call.method().equals(again.method().method())
                    && call.service().equals(again.method().service())
                    && Arrays.equals(call.request(), request.toByteArray());
        }
    }

    /** Gives a call its id; 0 if there is none left. */
    int register(ClientCall call) {
        if (nextStreamId < 0) {
            call.settle();
            outstanding.decrementAndGet();
            ended(call, StatusCode.UNAVAILABLE);
            call.fail(
                    new ConnectionFailure(
                            "all stream ids of the connection to " + peer + " are used up"));
            return 0;
        }
        streams |= call instanceof ClientStream;
        int id = nextStreamId;
        nextStreamId += 2;
        calls.put(id, call);
        return id;
    }

    /** Removes a call whose answer may come later; does nothing if it has ended. */
    void giveUp(ClientCall call) {
        if (call.settled()) {
            return;
        }
        if (call.written()) {
            givenUp++;
        }
        forget(call);
        boolean late = call.deadline() != 0 && call.deadline() - System.nanoTime() <= 0;
        ended(call, late ? StatusCode.DEADLINE_EXCEEDED : StatusCode.CANCELED);
    }

    /** Removes a call; does nothing if it has ended. */
    void forget(ClientCall call) {
        if (call.settle()) {
            outstanding.decrementAndGet();
            if (call.written()) {
                calls.remove(call.streamId());
            }
        }
    }

    /** A call's request was never written. */
    void discard(ClientCall call) {
        if (call.settle()) {
            outstanding.decrementAndGet();
            ended(call, StatusCode.UNAVAILABLE);
            ConnectionFailure ended = failure;
            call.fail(ended == null ? new ConnectionFailure("the transport is closed") : ended);
        }
    }

    @Override
    public void onFrame(int streamId, byte type, byte flags, byte[] payload) {
        Inherited asked = inherited.isEmpty() ? null : inherited.get(streamId);
        if (asked != null && type == WireFormat.RESPONSE) {
            asked.answer = payload;
            return;
        }
        switch (type) {
            case WireFormat.RESPONSE -> onResponse(streamId, payload);
            case WireFormat.DATA -> onData(streamId, flags, payload);
            default -> garbage("a request frame, which only clients send");
        }
    }

    /**
     * Returns how much of a frame is held: nothing of an answer that nobody waits for, however long
     * it is.
     */
    @Override
    public int mostBytes(int streamId, byte type) {
        ClientCall call = calls.get(streamId);
        if (call == null) {
            Inherited asked = inherited.get(streamId);
            return asked == null ? 0 : asked.call.answerBytes();
        }
        return call.answerBytes();
    }

    private void onResponse(int streamId, byte[] payload) {
        ClientCall call = calls.get(streamId);
        if (call == null) {
            drop(streamId, WireFormat.RESPONSE, payload.length);
            return;
        }
        forget(call);
        try {
            response.read(payload);
            ended(call, response.code());
            call.onResponse(
                    response.code(),
                    response.message(),
                    payload,
                    response.payloadOffset(),
                    response.payloadLength());
        } catch (MalformedEnvelopeException e) {
            ended(call, StatusCode.INTERNAL);
            call.fail(
                    new TtrpcStatusException(
                            StatusCode.INTERNAL,
                            "response to " + call.method() + " cannot be read: " + e.getMessage(),
                            e));
        }
    }

    private void onData(int streamId, byte flags, byte[] payload) {
        ClientCall call = calls.get(streamId);
        if (call == null) {
            drop(streamId, WireFormat.DATA, payload.length);
        } else if (call.onData(flags, payload)) {
            forget(call);
            ended(call, StatusCode.OK);
        }
    }

    private void ended(ClientCall call, StatusCode code) {
        ended(call, code.number());
    }

    private void ended(ClientCall call, int code) {
        options.observer().callEnded(call.method(), call.ageNanos(), code);
    }

    private void drop(int streamId, byte type, long length) {
        dropped.incrementAndGet();
        options.observer().responseDropped(streamId);
        if (surplus.takes(streamId, length)) {
            return;
        }
        if (type == WireFormat.RESPONSE && givenUp > 0) {
            // It comes late, and perhaps not alone.
            givenUp--;
            surplus.begin(streamId);
            if (surplus.takes(streamId, length)) {
                return;
            }
        } else if (type == WireFormat.RESPONSE || !streams) {
            unwanted++;
        }
        countSkipped(length);
    }

    /** Skipping costs time: what is longer than any frame may be counts as often as that fits. */
    private void countSkipped(long length) {
        unwanted += Math.min(length / WireFormat.MAX_PAYLOAD, MAX_WEIGHT);
        if (unwanted > options.unwantedAnswers()) {
            garbage(unwanted + " answers that nobody asked for, or as much beyond their bounds");
        }
    }

    @Override
    public void onOversizedFrame(int streamId, byte type, long length) {
        if (type == WireFormat.REQUEST) {
            garbage("a request frame, which only clients send");
            return;
        }
        if (pace != null) {
            pace.skip(length);
        }
        ClientCall call = calls.get(streamId);
        if (call == null) {
            drop(streamId, type, length);
            return;
        }
        forget(call);
        ended(call, StatusCode.RESOURCE_EXHAUSTED);
        call.fail(
                new TtrpcStatusException(
                        StatusCode.RESOURCE_EXHAUSTED,
                        "answer of "
                                + length
                                + " bytes to "
                                + call.method()
                                + " (expected: at most "
                                + call.answerBytes()
                                + ")"));
        surplus.begin(streamId);
        if (!surplus.takes(streamId, length)) {
            countSkipped(length);
        }
    }

    @Override
    public void onUnknownFrame(int streamId, byte type, long length) {
        garbage(
                "a frame of type "
                        + (type & 0xff)
                        + ", stream "
                        + Integer.toUnsignedString(streamId)
                        + ", "
                        + length
                        + " bytes (expected: type 2 or 3)");
    }

    /**
     * Bytes that are no answers mean that the frames' boundaries are lost: nothing after them can
     * be trusted.
     */
    private void garbage(String what) {
        close(new ConnectionFailure(peer + " sent " + what));
    }

    void close(Throwable why) {
        if (failure != null) {
            return; // the channel has ended, or is another client's
        }
        if (cause == null) {
            cause = why;
        }
        var _ = channel.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        queue.drain();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable why) {
        close(why);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        ConnectionFailure ended = describeEnd();
        failure = ended;
        List<ClientCall> waiting = new ArrayList<>(calls.values());
        for (ClientCall call : waiting) {
            forget(call);
            ended(call, StatusCode.UNAVAILABLE);
            call.fail(ended);
        }
        queue.close();
        Thread.startVirtualThread(() -> closed.complete(ended));
    }

    private ConnectionFailure describeEnd() {
        Throwable why = cause;
        if (why instanceof ConnectionFailure described) {
            return described;
        }
        if (why != null) {
            return new ConnectionFailure(
                    "connection to " + peer + " failed: " + why.getMessage(), why);
        }
        String unfinished = decoder.unfinishedFrame();
        return new ConnectionFailure(
                peer + " closed the connection" + (unfinished.isEmpty() ? "" : " " + unfinished));
    }
}
