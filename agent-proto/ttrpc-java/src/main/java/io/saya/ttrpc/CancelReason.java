package io.saya.ttrpc;

/** Why a call that is being served is no longer of interest to its caller. */
public enum CancelReason {
    /** The time that the caller gave is over. */
    DEADLINE(StatusCode.DEADLINE_EXCEEDED, "the caller's deadline has passed"),
    /** The caller's connection is gone. */
    CONNECTION_LOST(StatusCode.CANCELED, "the caller's connection is closed"),
    /** The caller broke the rules of its stream. */
    STREAM_RESET(StatusCode.CANCELED, "the stream was ended because of what the caller sent on it"),
    /** The server shuts down and its grace period is over. */
    SHUTDOWN(StatusCode.UNAVAILABLE, "the server shuts down");

    private final StatusCode code;
    private final String text;

    CancelReason(StatusCode code, String text) {
        this.code = code;
        this.text = text;
    }

    TtrpcStatusException toException() {
        return new TtrpcStatusException(code, text);
    }
}
