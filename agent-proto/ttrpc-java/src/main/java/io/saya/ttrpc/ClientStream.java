package io.saya.ttrpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.MethodName;
import io.saya.ttrpc.wire.OutboundFrame;
import io.saya.ttrpc.wire.WireFormat;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A call of which at least one side streams. */
final class ClientStream<Q extends MessageLite, R> extends ClientCall
        implements ResponseStream<R>, RequestStream<Q, R>, DuplexStream<Q, R> {
    private static final byte END_OF_DATA = WireFormat.REMOTE_CLOSED | WireFormat.NO_DATA;

    private final Parser<R> parser;
    private final StreamInbox inbox;
    private final boolean serverStreams;
    private final AtomicBoolean sendingClosed;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** True when the server will send no more; on the event loop only. */
    private boolean ended;

    ClientStream(
            ClientConnection connection,
            MethodName method,
            MethodKind kind,
            @Nullable MessageLite request,
            Parser<R> parser,
            CallOptions options) {
        super(
                connection,
                method,
                request,
                options,
                kind.clientStreams() ? WireFormat.REMOTE_OPEN : WireFormat.REMOTE_CLOSED);
        this.parser = parser;
        this.inbox = connection.newInbox();
        this.serverStreams = kind.serverStreams();
        this.sendingClosed = new AtomicBoolean(!kind.clientStreams());
    }

    @Override
    public void send(Q message) throws TtrpcException, InterruptedException {
        if (sendingClosed.get()) {
            throw new IllegalStateException(method() + ": this side of the stream is closed");
        }
        int length = FrameWriter.dataLength(message);
        if (length > WireFormat.MAX_PAYLOAD) {
            throw ServerCall.tooLarge("message", length);
        }
        sendData((byte) 0, message, length);
    }

    @Override
    public void closeSending() throws TtrpcException, InterruptedException {
        if (sendingClosed.compareAndSet(false, true)) {
            sendData(END_OF_DATA, null, 0);
        }
    }

    private void sendData(byte flags, @Nullable MessageLite message, int length)
            throws TtrpcException, InterruptedException {
        inbox.throwIfFailed();
        connection().send(new Data(flags, message), length, this);
    }

    @Override
    public @Nullable R receive() throws TtrpcException, InterruptedException {
        byte[] bytes = inbox.take(deadline());
        if (bytes == null) {
            return null;
        }
        try {
            return Messages.parse(parser, bytes, 0, bytes.length);
        } catch (InvalidProtocolBufferException e) {
            throw new TtrpcStatusException(
                    StatusCode.INTERNAL, "message of " + method() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public R finish() throws TtrpcException, InterruptedException {
        closeSending();
        R response = receive();
        if (response == null) {
            throw new TtrpcStatusException(
                    StatusCode.INTERNAL, "the server ended " + method() + " without a response");
        }
        return response;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            connection().onLoop(this::forget);
        }
    }

    /**
     * A server that waits for more is told that there is none, as ttrpc has no other way to give up
     * a call.
     */
    private void forget() {
        boolean tell = !settled() && written() && sendingClosed.compareAndSet(false, true);
        connection().forget(this);
        inbox.drop(new TtrpcStatusException(StatusCode.CANCELED, "the stream was closed"));
        if (tell) {
            connection().sendAnyway(new Data(END_OF_DATA, null));
        }
    }

    @Override
    void onResponse(int code, String message, byte[] frame, int offset, int length) {
        ended = true;
        if (code != 0) {
            inbox.fail(new TtrpcStatusException(StatusCode.ofNumber(code), message));
            return;
        }
        if (length > 0 || !serverStreams) {
            inbox.add(Arrays.copyOfRange(frame, offset, offset + length));
        }
        inbox.end();
    }

    @Override
    boolean onData(byte flags, byte[] payload) {
        if (ended || !serverStreams) {
            inbox.fail(BlockingCall.unexpectedData(method()));
            return true;
        }
        if (!WireFormat.has(flags, WireFormat.NO_DATA)) {
            inbox.add(payload);
        }
        if (WireFormat.has(flags, WireFormat.REMOTE_CLOSED)) {
            ended = true;
            inbox.end();
            return true;
        }
        return false;
    }

    @Override
    void fail(TtrpcException failure) {
        inbox.fail(failure);
    }

    /** One message of the client's. */
    private final class Data extends OutboundFrame {
        private final byte flags;
        private final @Nullable MessageLite message;

        Data(byte flags, @Nullable MessageLite message) {
            this.flags = flags;
            this.message = message;
        }

        @Override
        protected boolean beforeWrite() {
            return written();
        }

        @Override
        protected void writeTo(FrameWriter writer) throws IOException {
            writer.data(streamId(), flags, message);
        }
    }
}
