package io.saya.ttrpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A unary call whose caller waits for it; the message is decoded on the caller's thread. */
final class BlockingCall extends ClientCall {
    private static final byte[] EMPTY = new byte[0];

    private final Thread waiter = Thread.currentThread();

    // Written on the event loop before done, read by the waiter after.
    private byte[] frame = EMPTY;
    private int offset;
    private int length;
    private int code;
    private String message = "";
    private @Nullable TtrpcException failure;
    private volatile boolean done;

    BlockingCall(
            ClientConnection connection,
            MethodName method,
            MessageLite request,
            CallOptions options) {
        super(connection, method, request, options, (byte) 0);
    }

    @Override
    void onResponse(int status, String text, byte[] bytes, int from, int count) {
        code = status;
        message = text;
        frame = bytes;
        offset = from;
        length = count;
        wake();
    }

    @Override
    boolean onData(byte flags, byte[] payload) {
        failure = unexpectedData(method());
        wake();
        return true;
    }

    static TtrpcStatusException unexpectedData(MethodName method) {
        return new TtrpcStatusException(
                StatusCode.INTERNAL, "the server sent a stream of data in answer to " + method);
    }

    @Override
    void fail(TtrpcException why) {
        failure = why;
        wake();
    }

    private void wake() {
        done = true;
        LockSupport.unpark(waiter);
    }

    /** Waits for the answer. */
    <T> T await(Parser<T> parser) throws TtrpcException, InterruptedException {
        while (!done) {
            if (Thread.interrupted()) {
                connection().abandon(this);
                throw new InterruptedException("interrupted while waiting for " + method());
            }
            park();
        }
        if (failure instanceof ConnectionFailure lost) {
            throw lost.again();
        }
        if (failure != null) {
            throw failure;
        }
        return decode(parser, method(), code, message, frame, offset, length);
    }

    private void park() throws TtrpcStatusException {
        if (deadline() == 0) {
            LockSupport.park(this);
            return;
        }
        long left = deadline() - System.nanoTime();
        if (left <= 0) {
            connection().abandon(this);
            throw deadlineExceeded();
        }
        LockSupport.parkNanos(this, left);
    }

    /** The message of a response, or the failure that it is. */
    static <T> T decode(
            Parser<T> parser,
            MethodName method,
            int code,
            String message,
            byte[] frame,
            int offset,
            int length)
            throws TtrpcStatusException {
        if (code != 0) {
            throw new TtrpcStatusException(StatusCode.ofNumber(code), message);
        }
        try {
            return Messages.parse(parser, frame, offset, length);
        } catch (InvalidProtocolBufferException e) {
            throw new TtrpcStatusException(
                    StatusCode.INTERNAL, "response of " + method + ": " + e.getMessage(), e);
        }
    }
}
