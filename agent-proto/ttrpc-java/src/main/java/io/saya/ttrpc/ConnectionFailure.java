package io.saya.ttrpc;

import org.jspecify.annotations.Nullable;

/**
 * A connection could not be made, or has ended, with all calls on it; whether a call was served is
 * not known.
 */
public final class ConnectionFailure extends TtrpcException {
    private static final long serialVersionUID = 1L;

    /** Creates a failure whose message names the peer and what happened. */
    public ConnectionFailure(String message) {
        this(message, null);
    }

    /** Creates a failure with a cause. */
    public ConnectionFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** A copy with the stack of the thread that meets it. */
    ConnectionFailure again() {
        String message = getMessage();
        return new ConnectionFailure(message == null ? "connection failed" : message, this);
    }
}
