package io.saya.ttrpc;

import io.saya.ttrpc.wire.MethodName;
import org.jspecify.annotations.Nullable;

/**
 * Told of what a log or a counter may want to know. May be called on the event loop, so it must
 * return at once; what it throws is ignored by nobody, so it must not throw.
 */
public interface TtrpcObserver {
    /** Ignores everything. */
    TtrpcObserver NONE = new TtrpcObserver() {};

    /** A connection was accepted. */
    default void connectionOpened(ConnectionInfo connection) {}

    /**
     * A connection was refused because of the peer's credentials, or because there are too many.
     */
    default void connectionRefused(ConnectionInfo connection, String reason) {}

    /**
     * An accepted connection ended.
     *
     * @param cause null if the peer closed it between two frames, or this side did
     */
    default void connectionClosed(ConnectionInfo connection, @Nullable Throwable cause) {}

    /**
     * A handler threw something that is no status; the caller was told {@link StatusCode#UNKNOWN}
     * and the message.
     */
    default void handlerFailed(CallContext context, Throwable failure) {}

    /**
     * A client's call has ended: answered, failed, or given up by its caller. A call that was
     * refused before it was queued is not told of.
     *
     * @param nanos since it was made
     * @param code the number of its {@link StatusCode}; {@link StatusCode#UNAVAILABLE} where the
     *     connection ended first
     */
    default void callEnded(MethodName method, long nanos, int code) {}

    /** A client got a response that nobody waits for: to a call that was given up. */
    default void responseDropped(int streamId) {}
}
