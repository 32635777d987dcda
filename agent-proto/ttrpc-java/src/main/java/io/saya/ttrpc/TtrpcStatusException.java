package io.saya.ttrpc;

import org.jspecify.annotations.Nullable;

/**
 * The failure of one call with a status; its connection and all other calls go on.
 *
 * <p>Thrown by a handler to answer with that status, and thrown to a caller who got it.
 */
public final class TtrpcStatusException extends TtrpcException {
    private static final long serialVersionUID = 1L;

    private final StatusCode code;

    /**
     * Creates a failure.
     *
     * @param code other than {@link StatusCode#OK}
     * @param message for people; sent to the caller
     */
    public TtrpcStatusException(StatusCode code, String message) {
        this(code, message, null);
    }

    /** Creates a failure with a cause, which is not sent. */
    public TtrpcStatusException(StatusCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        if (code == StatusCode.OK) {
            throw new IllegalArgumentException(
                    "status OK is not a failure (message: " + message + ")");
        }
        this.code = code;
    }

    /** The answer of a method that does not exist. */
    public static TtrpcStatusException unimplemented(String service, String method) {
        return new TtrpcStatusException(
                StatusCode.UNIMPLEMENTED, "service " + service + " has no method " + method);
    }

    /** Returns what kind of failure it is. */
    public StatusCode code() {
        return code;
    }

    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }

    @Override
    public String toString() {
        return "ttrpc status " + code + ": " + getMessage();
    }
}
