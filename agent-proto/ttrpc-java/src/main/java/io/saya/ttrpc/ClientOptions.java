package io.saya.ttrpc;

import io.saya.ttrpc.wire.WireFormat;
import java.time.Duration;

/**
 * How a client connects, and how much it lets a slow server make it hold.
 *
 * @param connectTimeout how long the connection may take to come about, its preamble included
 * @param calls that may wait for answers at once; one more fails with {@link
 *     StatusCode#RESOURCE_EXHAUSTED}
 * @param outboundBytes that may wait for a slow server before callers wait; at least one frame of
 *     the largest size
 * @param observer told of what happens
 */
public record ClientOptions(
        Duration connectTimeout, int calls, long outboundBytes, TtrpcObserver observer) {
    /** Checks the numbers. */
    public ClientOptions {
        if (connectTimeout.isZero() || connectTimeout.isNegative()) {
            throw new IllegalArgumentException(
                    "connectTimeout: " + connectTimeout + " (expected: above zero)");
        }
        if (calls < 1) {
            throw new IllegalArgumentException("calls: " + calls + " (expected: at least 1)");
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

    /** 16384 calls, 5 MiB on their way, nobody told. */
    public static ClientOptions connectWithin(Duration timeout) {
        return new ClientOptions(timeout, 16 << 10, 5L << 20, TtrpcObserver.NONE);
    }

    /** The same with somebody told of what happens. */
    public ClientOptions observedBy(TtrpcObserver value) {
        return new ClientOptions(connectTimeout, calls, outboundBytes, value);
    }
}
