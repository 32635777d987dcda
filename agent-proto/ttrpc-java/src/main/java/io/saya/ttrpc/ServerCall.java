package io.saya.ttrpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.OutboundFrame;
import io.saya.ttrpc.wire.WireFormat;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One call on the server's side; for generated code. It is at once the body of its virtual thread
 * and the frame that ends the call.
 */
public final class ServerCall extends OutboundFrame implements Runnable {
    private static final byte END_OF_DATA = WireFormat.REMOTE_CLOSED | WireFormat.NO_DATA;

    /** Characters of a failure's text that are sent. */
    private static final int MAX_MESSAGE = 8 << 10;

    /** Requests up to this length are kept as long as the call lasts, to be handed over. */
    private static final int REPEATABLE_BYTES = 1 << 10;

    private final ServerConnection connection;
    private final ServiceRegistry.Method method;
    private final CallContext context;
    private byte @Nullable [] frame;
    private final int requestOffset;
    private final int requestLength;
    private final @Nullable StreamInbox inbox;
    private final byte @Nullable [] repeatable;

    // Written by the handler's thread before the call is queued, read on the event loop after.
    private @Nullable MessageLite response;
    private @Nullable TtrpcStatusException failure;

    // On the event loop only.
    private boolean clientSends;
    private boolean reset;

    ServerCall(
            ServerConnection connection,
            ServiceRegistry.Method method,
            CallContext context,
            byte[] frame,
            int requestOffset,
            int requestLength,
            boolean clientSends,
            @Nullable StreamInbox inbox) {
        this.connection = connection;
        this.method = method;
        this.context = context;
        this.frame = frame;
        this.requestOffset = requestOffset;
        this.requestLength = requestLength;
        this.clientSends = clientSends;
        this.inbox = inbox;
        this.repeatable = inbox == null && frame.length <= REPEATABLE_BYTES ? frame : null;
    }

    /** The request's frame, for another server to carry out; null if it was not kept. */
    byte @Nullable [] repeatable() {
        return repeatable;
    }

    /** The caller, and the deadline of the call. */
    public CallContext context() {
        return context;
    }

    /**
     * The one request of a call whose client does not stream; may be asked for once.
     *
     * @throws TtrpcStatusException if its bytes are not that message
     */
    public <T> T request(Parser<T> parser) throws TtrpcStatusException {
        byte[] bytes = frame;
        if (bytes == null) {
            throw new IllegalStateException("the request of " + context + " was taken already");
        }
        frame = null;
        return parse(parser, bytes, requestOffset, requestLength);
    }

    /** The requests of a call whose client streams. */
    public <T> MessageReceiver<T> requests(Parser<T> parser) {
        StreamInbox source = inbox;
        if (source == null) {
            throw new IllegalStateException(context + " has a single request");
        }
        frame = null;
        return () -> {
            byte[] bytes = source.take(context.deadline());
            return bytes == null ? null : parse(parser, bytes, 0, bytes.length);
        };
    }

    private <T> T parse(Parser<T> parser, byte[] bytes, int offset, int length)
            throws TtrpcStatusException {
        try {
            return Messages.parse(parser, bytes, offset, length);
        } catch (InvalidProtocolBufferException e) {
            throw new TtrpcStatusException(
                    StatusCode.INTERNAL, "request of " + method.name() + ": " + e.getMessage(), e);
        }
    }

    /** Sets the one response of a call whose server does not stream. */
    public void respond(MessageLite message) {
        response = message;
    }

    /** The stream to which a method sends the responses of a call whose server streams. */
    public <T extends MessageLite> MessageSender<T> responses() {
        return message -> {
            context.throwIfCancelled();
            connection.send(new Data(message), FrameWriter.dataLength(message), context);
        };
    }

    /** Serves the call; on its virtual thread. */
    @Override
    public void run() {
        try {
            method.dispatch(this);
            if (response == null && !method.kind().serverStreams()) {
                throw new IllegalStateException("the handler returned no response");
            }
        } catch (TtrpcStatusException e) {
            failure = e;
        } catch (Throwable e) {
            failure = unforeseen(e);
        }
        context.finish();
        connection.finish(this, checkedLength());
    }

    private TtrpcStatusException unforeseen(Throwable cause) {
        connection.observer().handlerFailed(context, cause);
        String message = cause.getMessage();
        return new TtrpcStatusException(
                StatusCode.UNKNOWN, message == null ? cause.getClass().getName() : message, cause);
    }

    /** A response that is too large becomes a failure here, before anything of it is queued. */
    private int checkedLength() {
        MessageLite message = response;
        if (failure == null && message != null) {
            int length = FrameWriter.responseLength(message);
            if (length <= WireFormat.MAX_PAYLOAD) {
                return length;
            }
            failure = tooLarge("response", length);
        }
        if (failure == null) {
            return 0;
        }
        return FrameWriter.failureLength(failure.code().number(), text(failure));
    }

    static TtrpcStatusException tooLarge(String what, int length) {
        return new TtrpcStatusException(
                StatusCode.RESOURCE_EXHAUSTED,
                what
                        + " of "
                        + length
                        + " bytes (expected: at most "
                        + WireFormat.MAX_PAYLOAD
                        + ")");
    }

    private static String text(TtrpcStatusException failure) {
        String message = failure.getMessage();
        return message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE);
    }

    @Override
    protected boolean beforeWrite() {
        connection.finished(this);
        return !reset;
    }

    @Override
    protected void writeTo(FrameWriter writer) throws IOException {
        if (failure != null) {
            writer.failure(context.streamId(), failure.code().number(), text(failure));
        } else if (response != null) {
            writer.response(context.streamId(), response);
        } else {
            writer.data(context.streamId(), END_OF_DATA, null);
        }
    }

    /** Takes a data frame; on the event loop. Returns what is wrong with it, or null. */
    @Nullable String onData(byte flags, byte[] payload) {
        if (!clientSends) {
            return "the client has closed its side";
        }
        if (!WireFormat.has(flags, WireFormat.NO_DATA)) {
            if (inbox == null) {
                return "the method takes a single request";
            }
            inbox.add(payload);
        }
        if (WireFormat.has(flags, WireFormat.REMOTE_CLOSED)) {
            clientSends = false;
            if (inbox != null) {
                inbox.end();
            }
        }
        return null;
    }

    /** Ends the handler's interest; on the event loop. */
    void cancel(CancelReason reason) {
        context.cancel(reason);
        if (inbox != null) {
            inbox.drop(reason.toException());
        }
    }

    /** The connection has answered in the handler's place; on the event loop. */
    void reset() {
        clientSends = false;
        reset = true;
        cancel(CancelReason.STREAM_RESET);
    }

    /** One message of a streaming server. */
    private final class Data extends OutboundFrame {
        private final MessageLite message;

        Data(MessageLite message) {
            this.message = message;
        }

        @Override
        protected boolean beforeWrite() {
            return !reset;
        }

        @Override
        protected void writeTo(FrameWriter writer) throws IOException {
            writer.data(context.streamId(), (byte) 0, message);
        }
    }
}
