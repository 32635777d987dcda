package io.saya.ttrpc;

/** The outcomes of a call, with gRPC's numbers. */
public enum StatusCode {
    /** It succeeded. */
    OK(0),
    /** The caller has lost interest. */
    CANCELED(1),
    /** Something that has no code of its own. */
    UNKNOWN(2),
    /** The request can never be right, whatever the state. */
    INVALID_ARGUMENT(3),
    /** It took longer than the caller allowed. */
    DEADLINE_EXCEEDED(4),
    /** What the request names does not exist. */
    NOT_FOUND(5),
    /** What the request shall make exists. */
    ALREADY_EXISTS(6),
    /** The caller may not do this. */
    PERMISSION_DENIED(7),
    /** A bound was met: message size, calls in progress, memory. */
    RESOURCE_EXHAUSTED(8),
    /** The state does not allow it. */
    FAILED_PRECONDITION(9),
    /** The server gave up because of another operation at that moment. */
    ABORTED(10),
    /** Past an end. */
    OUT_OF_RANGE(11),
    /** No such service or method here. */
    UNIMPLEMENTED(12),
    /** A fault of the serving side. */
    INTERNAL(13),
    /** Not now; may be tried again. */
    UNAVAILABLE(14),
    /** Data is lost for good. */
    DATA_LOSS(15),
    /** The caller did not identify itself. */
    UNAUTHENTICATED(16);

    private static final StatusCode[] BY_NUMBER = values();

    private final int number;

    StatusCode(int number) {
        this.number = number;
    }

    /** Number on the wire. */
    public int number() {
        return number;
    }

    /** The code of a number; {@link #UNKNOWN} for a number that has none. */
    public static StatusCode ofNumber(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
    }
}
