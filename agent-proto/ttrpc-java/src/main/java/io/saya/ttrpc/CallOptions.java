package io.saya.ttrpc;

import io.saya.ttrpc.wire.Metadata;
import java.time.Duration;

/** The deadline of a call, and the metadata that travels with it. Immutable. */
public final class CallOptions {
    private static final CallOptions NO_DEADLINE = new CallOptions(0, Metadata.EMPTY, 0);

    /** 0 means no deadline; otherwise above 0. */
    private final long timeoutNanos;

    private final Metadata metadata;

    /** 0 means the connection's; otherwise above 0. */
    private final int answerBytes;

    private CallOptions(long timeoutNanos, Metadata metadata, int answerBytes) {
        this.timeoutNanos = timeoutNanos;
        this.metadata = metadata;
        this.answerBytes = answerBytes;
    }

    /**
     * A call that may take so long, counted from the moment it is made.
     *
     * @param timeout above zero
     */
    public static CallOptions timeout(Duration timeout) {
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: above zero)");
        }
        return new CallOptions(saturatedNanos(timeout), Metadata.EMPTY, 0);
    }

    /**
     * A call that may take for ever, as a wait for the end of a process. It still ends with the
     * connection.
     */
    public static CallOptions noDeadline() {
        return NO_DEADLINE;
    }

    /**
     * A call made on behalf of one that is being served: it takes no longer than that one may, nor
     * longer than a limit of its own.
     *
     * @throws TtrpcStatusException if the time of the call that is being served is over
     */
    public static CallOptions within(CallContext context, Duration limit)
            throws TtrpcStatusException {
        context.throwIfCancelled();
        long left = context.remainingNanos();
        return new CallOptions(
                Math.max(1, Math.min(left, saturatedNanos(limit))), Metadata.EMPTY, 0);
    }

    /** A copy with these pairs in place of those it had. */
    public CallOptions withMetadata(Metadata pairs) {
        return new CallOptions(timeoutNanos, pairs, answerBytes);
    }

    /**
     * A copy with a bound of its own on the frame of the answer, in place of {@link
     * ClientOptions#answerBytes}. A longer answer fails the call with {@link
     * StatusCode#RESOURCE_EXHAUSTED}; nothing of it is held or parsed.
     *
     * @param most above 0
     */
    public CallOptions withAnswerBytes(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("answerBytes: " + most + " (expected: above 0)");
        }
        return new CallOptions(timeoutNanos, metadata, most);
    }

    /**
     * Half of what the clock can count is more than a century, and can be added to any reading of
     * it.
     */
    private static long saturatedNanos(Duration duration) {
        long largest = Long.MAX_VALUE / 2;
        return duration.compareTo(Duration.ofNanos(largest)) > 0 ? largest : duration.toNanos();
    }

    /** Nanoseconds, or 0 for no deadline. */
    public long timeoutNanos() {
        return timeoutNanos;
    }

    /** Bytes, or 0 for the connection's bound. */
    public int answerBytes() {
        return answerBytes;
    }

    Metadata metadata() {
        return metadata;
    }
}
