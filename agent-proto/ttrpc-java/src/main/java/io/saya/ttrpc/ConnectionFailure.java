package io.saya.ttrpc;

import org.jspecify.annotations.Nullable;

/**
 * A connection could not be made, or has ended, with all calls on it; whether a call was served is
 * not known.
 */
public final class ConnectionFailure extends TtrpcException {
    private static final long serialVersionUID = 1L;

    private final boolean late;

    /** Creates a failure whose message names the peer and what happened. */
    public ConnectionFailure(String message) {
        this(message, null);
    }

    /** Creates a failure with a cause. */
    public ConnectionFailure(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    private ConnectionFailure(String message, @Nullable Throwable cause, boolean late) {
        super(message, cause);
        this.late = late;
    }

    /** A connection that has not come about within its limit. */
    static ConnectionFailure late(String message) {
        return new ConnectionFailure(message, null, true);
    }

    /**
     * True if nothing failed but that there was no connection in time: the peer may be slow, or
     * this process, and another attempt may succeed.
     */
    public boolean isLate() {
        return late;
    }

    /** A copy with the stack of the thread that meets it. */
    ConnectionFailure again() {
        String message = getMessage();
        return new ConnectionFailure(message == null ? "connection failed" : message, this, late);
    }
}
