package io.saya.failure;

import io.saya.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * A request to the runtime that was not carried out. The kind is for programs, the message for
 * people: it names the thing, the value, what was expected and what to do. Much of it may come from
 * a guest, and it ends up on terminals and in events: it is {@link PlainText}.
 */
public final class RuntimeFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * The kind of a failure, as far as a caller may act on it. Each corresponds to one status code
     * on the wire.
     */
    public enum Kind {
        /** No such container or process, or it has exited already: callers take it as "gone". */
        NOT_FOUND,
        /** The id is in use. */
        ALREADY_EXISTS,
        /** Right request, wrong state; it may succeed after something else was done. */
        FAILED_PRECONDITION,
        /** Wrong in any state. */
        INVALID_ARGUMENT,
        /** The VM or its agent is gone or cannot be reached; a retry might find it back. */
        UNAVAILABLE,
        /** There are too many at once already; it may succeed when some of them are gone. */
        RESOURCE_EXHAUSTED,
        /** It took too long; the message says in which phase. */
        DEADLINE_EXCEEDED,
        /** Not offered. */
        UNIMPLEMENTED,
        /** A fault of ours, of the guest or of the host that no caller can act on. */
        INTERNAL
    }

    /** Characters of a message that are kept; what is longer is no message. */
    private static final int MESSAGE_LIMIT = 16 << 10;

    private final Kind kind;

    public RuntimeFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(PlainText.lines(message, MESSAGE_LIMIT).toString(), cause);
        this.kind = kind;
    }

    public RuntimeFailure(Kind kind, String message) {
        this(kind, message, null);
    }

    public Kind kind() {
        return kind;
    }

    /** The message, never null. */
    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? kind.name() : message;
    }

    public static RuntimeFailure notFound(String message) {
        return new RuntimeFailure(Kind.NOT_FOUND, message);
    }

    public static RuntimeFailure alreadyExists(String message) {
        return new RuntimeFailure(Kind.ALREADY_EXISTS, message);
    }

    public static RuntimeFailure failedPrecondition(String message) {
        return new RuntimeFailure(Kind.FAILED_PRECONDITION, message);
    }

    public static RuntimeFailure invalidArgument(String message) {
        return new RuntimeFailure(Kind.INVALID_ARGUMENT, message);
    }

    public static RuntimeFailure unavailable(String message, @Nullable Throwable cause) {
        return new RuntimeFailure(Kind.UNAVAILABLE, message, cause);
    }

    public static RuntimeFailure resourceExhausted(String message) {
        return new RuntimeFailure(Kind.RESOURCE_EXHAUSTED, message);
    }

    public static RuntimeFailure deadlineExceeded(String message, @Nullable Throwable cause) {
        return new RuntimeFailure(Kind.DEADLINE_EXCEEDED, message, cause);
    }

    public static RuntimeFailure unimplemented(String message) {
        return new RuntimeFailure(Kind.UNIMPLEMENTED, message);
    }

    public static RuntimeFailure internal(String message, @Nullable Throwable cause) {
        return new RuntimeFailure(Kind.INTERNAL, message, cause);
    }
}
