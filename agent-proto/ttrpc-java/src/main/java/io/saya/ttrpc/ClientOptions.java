package io.saya.ttrpc;

import io.saya.ttrpc.wire.WireFormat;
import java.time.Duration;

/**
 * Options of a client: how it connects, and how much a slow server may make it hold.
 *
 * @param connectTimeout how long the connection may take to come about, its preamble included
 * @param calls that may wait for answers at once; one more fails with {@link
 *     StatusCode#RESOURCE_EXHAUSTED}
 * @param outboundBytes that may wait for a slow server before callers wait; at least one frame of
 *     the largest size
 * @param answerBytes the longest frame that is taken as an answer; a call may have a bound of its
 *     own ({@link CallOptions#withAnswerBytes})
 * @param unwantedAnswers that nobody asked for, of which one more ends the connection. Answers to
 *     calls that were given up do not count, nor do messages of streams, nor up to 128 MiB of an
 *     answer beyond its bound, in however many frames; beside those each 4 MiB of a frame that is
 *     longer than that count as one
 * @param unknownFields whether fields of answers that their definition does not have are kept
 * @param observer told of what happens
 */
public record ClientOptions(
        Duration connectTimeout,
        int calls,
        long outboundBytes,
        int answerBytes,
        int unwantedAnswers,
        UnknownFields unknownFields,
        TtrpcObserver observer) {

    /** What becomes of fields that the definition of a message does not have. */
    public enum UnknownFields {
        /** They are a part of the message, as protobuf has it. */
        KEEP,
        /** They are skipped, and cost nothing. */
        DISCARD
    }

    /** Checks the numbers. */
    public ClientOptions {
        if (connectTimeout.isZero() || connectTimeout.isNegative()) {
            throw new IllegalArgumentException(
                    "connectTimeout: " + connectTimeout + " (expected: above zero)");
        }
        if (calls < 1) {
            throw new IllegalArgumentException("calls: " + calls + " (expected: at least 1)");
        }
        if (answerBytes < 1 || answerBytes > WireFormat.MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    "answerBytes: "
                            + answerBytes
                            + " (expected: 1 to "
                            + WireFormat.MAX_PAYLOAD
                            + ")");
        }
        if (unwantedAnswers < 0) {
            throw new IllegalArgumentException(
                    "unwantedAnswers: " + unwantedAnswers + " (expected: at least 0)");
        }
        long largestFrame = WireFormat.HEADER_LENGTH + WireFormat.MAX_PAYLOAD;
        if (outboundBytes < largestFrame) {
            throw new IllegalArgumentException(
                    "outboundBytes: "
                            + outboundBytes
                            + " (expected: at least "
                            + largestFrame
                            + ")");
        }
    }

    /** 16384 calls, 5 MiB on their way, a server that is trusted, nobody told. */
    public static ClientOptions connectWithin(Duration timeout) {
        return new ClientOptions(
                timeout,
                16 << 10,
                5L << 20,
                WireFormat.MAX_PAYLOAD,
                Integer.MAX_VALUE,
                UnknownFields.KEEP,
                TtrpcObserver.NONE);
    }

    /**
     * A copy for a server that may be hostile: unknown fields are discarded, and so are connections
     * with answers that nobody asked for, or without end. A server that sends its bytes one by one
     * is read at a pace, and so is one whose answers are beyond their bounds and have to be
     * skipped: 8 MiB a second in the long run.
     */
    public ClientOptions untrusting(int answers, int unwanted) {
        return new ClientOptions(
                connectTimeout,
                calls,
                outboundBytes,
                answers,
                unwanted,
                UnknownFields.DISCARD,
                observer);
    }

    /** A copy with an observer of what happens. */
    public ClientOptions observedBy(TtrpcObserver value) {
        return new ClientOptions(
                connectTimeout,
                calls,
                outboundBytes,
                answerBytes,
                unwantedAnswers,
                unknownFields,
                value);
    }
}
