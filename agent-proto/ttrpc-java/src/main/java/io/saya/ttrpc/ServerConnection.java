package io.saya.ttrpc;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
import io.saya.ttrpc.wire.RequestEnvelope;
import io.saya.ttrpc.wire.WireFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one accepted connection.
 *
 * <p>Everything here runs on the event loop, but {@link #send} and {@link #finish}, which handlers'
 * threads call.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter implements FrameListener {
    private final TtrpcServer server;
    private final Channel channel;
    private final ConnectionInfo info;
    private final FrameDecoder decoder = new FrameDecoder(this);
    private final ReadGate gate;
    private final OutboundQueue queue;
    private final RequestEnvelope request = new RequestEnvelope();
    private final IntObjectHashMap<ServerCall> calls = new IntObjectHashMap<>();
    private int lastStreamId;
    private boolean draining;
    private boolean heldByQueue;
    private @Nullable Throwable cause;

    ServerConnection(TtrpcServer server, Channel channel, ConnectionInfo info, FrameWriter writer) {
        this.server = server;
        this.channel = channel;
        this.info = info;
        this.gate = new ReadGate(channel);
        this.queue =
                new OutboundQueue(channel, writer, server.limits().outboundBytes(), this::onRoom);
    }

    /** Cuts this connection's bytes into frames. */
    FrameDecoder decoder() {
        return decoder;
    }

    ConnectionInfo info() {
        return info;
    }

    TtrpcObserver observer() {
        return server.observer();
    }

    @Override
    public void onFrame(int streamId, byte type, byte flags, byte[] payload) {
        switch (type) {
            case WireFormat.REQUEST -> onRequest(streamId, flags, payload);
            case WireFormat.DATA -> onData(streamId, flags, payload);
            default -> {
                // A response: nothing that a server waits for.
            }
        }
    }

    private void onRequest(int streamId, byte flags, byte[] payload) {
        if ((streamId & 1) == 0) {
            refuse(
                    streamId,
                    StatusCode.INVALID_ARGUMENT,
                    "stream id " + id(streamId) + " must be odd for client initiated streams");
            return;
        }
        if (Integer.compareUnsigned(streamId, lastStreamId) <= 0) {
            refuse(
                    streamId,
                    StatusCode.INVALID_ARGUMENT,
                    "stream id "
                            + id(streamId)
                            + " cannot be reused and must increment (last: "
                            + id(lastStreamId)
                            + ")");
            return;
        }
        lastStreamId = streamId;
        try {
            request.read(payload);
            open(streamId, flags, payload);
        } catch (MalformedEnvelopeException e) {
            refuse(
                    streamId,
                    StatusCode.INVALID_ARGUMENT,
                    "unmarshal request error: " + e.getMessage());
        } finally {
            request.clear();
        }
    }

    private void open(int streamId, byte flags, byte[] payload) {
        ServiceRegistry.Method method = server.registry().find(request);
        if (method == null) {
            refuse(streamId, StatusCode.UNIMPLEMENTED, server.registry().describeMissing(request));
        } else if (draining) {
            refuse(streamId, StatusCode.UNAVAILABLE, "the server shuts down");
        } else if (request.timeoutNanos() < 0) {
            refuse(
                    streamId,
                    StatusCode.DEADLINE_EXCEEDED,
                    "the deadline had passed before the request was sent");
        } else if (calls.size() >= server.limits().callsPerConnection()) {
            refuse(
                    streamId,
                    StatusCode.RESOURCE_EXHAUSTED,
                    calls.size()
                            + " calls of this connection are in progress (expected: at most "
                            + server.limits().callsPerConnection()
                            + ")");
        } else {
            start(method, streamId, flags, payload);
        }
    }

    private void start(ServiceRegistry.Method method, int streamId, byte flags, byte[] payload) {
        CallContext context =
                new CallContext(
                        method.name(),
                        info,
                        streamId,
                        request.metadata(),
                        request.timeoutNanos(),
                        channel.eventLoop());
        boolean open = WireFormat.has(flags, WireFormat.REMOTE_OPEN);
        StreamInbox inbox =
                method.kind().clientStreams() ? new StreamInbox(channel.eventLoop(), gate) : null;
        ServerCall call =
                new ServerCall(
                        this,
                        method,
                        context,
                        payload,
                        request.payloadOffset(),
                        request.payloadLength(),
                        open,
                        inbox);
        if (inbox != null) {
            fillInbox(inbox, payload, open);
        }
        calls.put(streamId, call);
        method.newThread(call).start();
    }

    /** A message may come with the request that opens the stream; no bytes mean none there. */
    private void fillInbox(StreamInbox inbox, byte[] payload, boolean open) {
        if (request.payloadLength() > 0) {
            int from = request.payloadOffset();
            inbox.add(Arrays.copyOfRange(payload, from, from + request.payloadLength()));
        }
        if (!open) {
            inbox.end();
        }
    }

    private void onData(int streamId, byte flags, byte[] payload) {
        ServerCall call = calls.get(streamId);
        String wrong = call == null ? "there is no such call" : call.onData(flags, payload);
        if (wrong != null) {
            refuse(
                    streamId,
                    StatusCode.INVALID_ARGUMENT,
                    "stream id " + id(streamId) + " no longer active: " + wrong);
        }
    }

    @Override
    public void onOversizedFrame(int streamId, byte type, long length) {
        if (type == WireFormat.REQUEST
                && (streamId & 1) == 1
                && Integer.compareUnsigned(streamId, lastStreamId) > 0) {
            lastStreamId = streamId;
        }
        if (type != WireFormat.RESPONSE) {
            refuse(
                    streamId,
                    StatusCode.RESOURCE_EXHAUSTED,
                    "message of "
                            + length
                            + " bytes (expected: at most "
                            + WireFormat.MAX_PAYLOAD
                            + ")");
        }
    }

    @Override
    public void onUnknownFrame(int streamId, byte type, long length) {
        // The protocol's way to grow: peers of other versions are not to be harmed.
    }

    /** Answers in the place of a handler; a call that is in progress under that id ends with it. */
    private void refuse(int streamId, StatusCode code, String message) {
        ServerCall call = calls.get(streamId);
        if (call != null) {
            call.reset();
        }
        FailureFrame frame = new FailureFrame(streamId, code, message);
        queue.reserveAnyway(frame, frame.length());
        queue.add(frame);
        if (!heldByQueue && queue.bytes() > server.limits().outboundBytes()) {
            heldByQueue = true;
            gate.hold();
        }
    }

    private void onRoom() {
        if (heldByQueue && queue.bytes() <= server.limits().outboundBytes() / 2) {
            heldByQueue = false;
            gate.release();
        }
    }

    /** Sends one message of a stream, waiting for room; on the handler's thread. */
    void send(OutboundFrame frame, int length, CallContext context)
            throws TtrpcException, InterruptedException {
        if (length > WireFormat.MAX_PAYLOAD) {
            throw ServerCall.tooLarge("message", length);
        }
        if (!queue.reserve(frame, length, context.deadline())) {
            context.throwIfCancelled();
            throw CancelReason.CONNECTION_LOST.toException();
        }
        queue.add(frame);
    }

    /** Sends the last frame of a call, waiting for room; on the handler's thread. */
    void finish(ServerCall call, int length) {
        try {
            if (!queue.reserve(call, length, 0)) {
                return;
            }
        } catch (InterruptedException e) {
            // Somebody wants this thread to end: the answer is due all the same.
            queue.reserveAnyway(call, length);
        }
        queue.add(call);
    }

    /** The last frame of a call is about to be written. */
    void finished(ServerCall call) {
        calls.remove(call.context().streamId());
        if (draining && calls.isEmpty()) {
            server.connections().onIdle();
        }
    }

    /** Takes no further calls. */
    void drain() {
        draining = true;
    }

    boolean isIdle() {
        return calls.isEmpty();
    }

    void cancelCalls(CancelReason reason) {
        for (ServerCall call : new ArrayList<>(calls.values())) {
            call.cancel(reason);
        }
    }

    /**
     * Writes what is queued; the future completes when it, and all before it, has left for the
     * socket.
     */
    ChannelFuture flush() {
        queue.drain();
        return channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    void close() {
        var _ = channel.close();
    }

    /** Takes nothing from the peer until {@link #release}; what it sends stays in its socket. */
    void hold() {
        gate.hold();
    }

    /**
     * Describes the connection for another server, and writes nothing from now on; null, and
     * nothing has changed, while a call is in progress that must not be made twice, or an answer on
     * its way.
     *
     * @param repeatable the calls that another server may carry out from their beginning
     */
    @Nullable HeldConnection freeze(Predicate<MethodName> repeatable) {
        List<HeldConnection.Request> requests = new ArrayList<>();
        for (IntObjectMap.PrimitiveEntry<ServerCall> entry : calls.entries()) {
            byte[] frame = entry.value().repeatable();
            if (frame == null || !repeatable.test(entry.value().context().method())) {
                return null;
            }
            requests.add(new HeldConnection.Request(entry.key(), frame));
        }
        if (!queue.freeze()) {
            return null;
        }
        requests.sort((a, b) -> Integer.compareUnsigned(a.streamId(), b.streamId()));
        return new HeldConnection(
                Transport.descriptor(channel), lastStreamId, requests, decoder.unfinished());
    }

    /** The end of {@link #freeze}. */
    void thaw() {
        queue.thaw();
    }

    /** The end of {@link #hold} and {@link #freeze}. */
    void release() {
        queue.thaw();
        gate.release();
    }

    /** Goes on with a connection that another server has described; before anything is read. */
    void goOn(HeldConnection held) {
        for (HeldConnection.Request repeated : held.requests()) {
            onRequest(repeated.streamId(), WireFormat.REMOTE_CLOSED, repeated.frame());
        }
        lastStreamId = held.lastStreamId();
        decoder.continueAfter(held.unfinished());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        queue.drain();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        cause = cause == null ? failure : cause;
        var _ = context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        String unfinished = decoder.unfinishedFrame();
        if (cause == null && !unfinished.isEmpty()) {
            cause = new ConnectionFailure("peer closed " + info + " " + unfinished);
        }
        cancelCalls(CancelReason.CONNECTION_LOST);
        calls.clear();
        queue.close();
        server.connections().remove(this);
        observer().connectionClosed(info, cause);
    }

    private static String id(int streamId) {
        return Integer.toUnsignedString(streamId);
    }
}
