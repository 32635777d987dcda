package io.saya.ttrpc;

import io.saya.ttrpc.wire.WireFormat;

/**
 * Limits on what peers can make a server hold.
 *
 * @param connections that may be open at once; one more is closed
 * @param callsPerConnection that may be in progress at once; one more is answered {@link
 *     StatusCode#RESOURCE_EXHAUSTED}, rather than left unread: it may be the one that ends the
 *     others
 * @param outboundBytes of a connection that may wait for a slow peer before handlers wait and
 *     reading stops; at least one frame of the largest size
 */
public record ServerLimits(int connections, int callsPerConnection, long outboundBytes) {
    /** 1024 connections, 1024 calls on each, 5 MiB on their way. */
    public static final ServerLimits DEFAULT = new ServerLimits(1024, 1024, 5L << 20);

    /** Checks the numbers. */
    public ServerLimits {
        atLeast("connections", connections, 1);
        atLeast("callsPerConnection", callsPerConnection, 1);
        atLeast("outboundBytes", outboundBytes, WireFormat.HEADER_LENGTH + WireFormat.MAX_PAYLOAD);
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: at least " + least + ")");
        }
    }
}
