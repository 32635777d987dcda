package io.saya.ttrpc;

/**
 * The sides of a stream that may still send. A pure state: the callers do what follows from it.
 *
 * <p>A unary call is a stream whose client closed its side with the request.
 */
enum StreamState {
    /** Both sides may send. Ways in: a request that leaves the stream open. */
    OPEN,
    /** Only the peer may send. Way in: this side's last message. */
    LOCAL_CLOSED,
    /**
     * Only this side may send. Ways in: the peer's last message, or a request without data to
     * follow.
     */
    REMOTE_CLOSED,
    /** Nobody may. Ways in: the second side's last message, a response frame. */
    CLOSED;

    /** True if a message of the peer's may come now. */
    boolean peerMaySend() {
        return this == OPEN || this == LOCAL_CLOSED;
    }

    /** True if this side may send a message now. */
    boolean thisSideMaySend() {
        return this == OPEN || this == REMOTE_CLOSED;
    }

    /** After this side's last message. */
    StreamState localClosed() {
        return switch (this) {
            case OPEN, LOCAL_CLOSED -> LOCAL_CLOSED;
            case REMOTE_CLOSED, CLOSED -> CLOSED;
        };
    }

    /** After the peer's last message. */
    StreamState remoteClosed() {
        return switch (this) {
            case OPEN, REMOTE_CLOSED -> REMOTE_CLOSED;
            case LOCAL_CLOSED, CLOSED -> CLOSED;
        };
    }
}
