package io.saya.ttrpc;

import com.google.protobuf.MessageLite;
import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.MethodName;
import io.saya.ttrpc.wire.OutboundFrame;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One call on the client's side, and the request frame that opens it.
 *
 * <p>The methods that tell of its fate run on the event loop; the last of them is the only one of
 * {@link #onResponse}, {@link #fail} that is called, unless the caller gave up before.
 */
abstract class ClientCall extends OutboundFrame {
    private final ClientConnection connection;
    private final MethodName method;
    private final @Nullable MessageLite request;
    private final CallOptions options;
    private final byte flags;
    private final long deadline;
    private final long madeAt = System.nanoTime();

    // On the event loop only.
    private int streamId;
    private boolean written;
    private boolean settled;

    ClientCall(
            ClientConnection connection,
            MethodName method,
            @Nullable MessageLite request,
            CallOptions options,
            byte flags) {
        this.connection = connection;
        this.method = method;
        this.request = request;
        this.options = options;
        this.flags = flags;
        this.deadline =
                options.timeoutNanos() == 0 ? 0 : CallContext.deadlineAfter(options.timeoutNanos());
    }

    /** The server's last word. */
    abstract void onResponse(int code, String message, byte[] frame, int offset, int length);

    /**
     * A message of the server's.
     *
     * @return whether it was the last one
     */
    abstract boolean onData(byte flags, byte[] payload);

    /** No answer will come, or none that counts. */
    abstract void fail(TtrpcException failure);

    final ClientConnection connection() {
        return connection;
    }

    final MethodName method() {
        return method;
    }

    /** What is asked; null for a stream of requests. */
    final @Nullable MessageLite request() {
        return request;
    }

    /** The longest frame that may come as the answer. */
    final int answerBytes() {
        return options.answerBytes() == 0 ? connection.answerBytes() : options.answerBytes();
    }

    /** {@link System#nanoTime}, or 0 for none. */
    final long deadline() {
        return deadline;
    }

    /** Since the caller made it. */
    final long ageNanos() {
        return System.nanoTime() - madeAt;
    }

    final int streamId() {
        return streamId;
    }

    /** True if the request has left; on the event loop. */
    final boolean written() {
        return written;
    }

    /** Marks the end of the call; returns false if it was marked before. On the event loop. */
    final boolean settle() {
        boolean first = !settled;
        settled = true;
        return first;
    }

    final boolean settled() {
        return settled;
    }

    final int requestLength() {
        return FrameWriter.requestLength(
                method, options.timeoutNanos(), options.metadata(), request);
    }

    final TtrpcStatusException deadlineExceeded() {
        return new TtrpcStatusException(
                StatusCode.DEADLINE_EXCEEDED,
                "no answer to " + method + " within " + options.timeoutNanos() / 1_000_000 + " ms");
    }

    @Override
    protected boolean beforeWrite() {
        if (settled) {
            return false;
        }
        streamId = connection.askedBefore(this);
        if (streamId != 0) {
            written = true;
            connection.answerEarly(streamId);
            return false;
        }
        streamId = connection.register(this);
        written = streamId != 0;
        return written;
    }

    @Override
    protected void writeTo(FrameWriter writer) throws IOException {
        long left = deadline == 0 ? 0 : Math.max(1, deadline - System.nanoTime());
        writer.request(streamId, flags, method, left, options.metadata(), request);
    }

    @Override
    protected void discarded() {
        connection.discard(this);
    }
}
