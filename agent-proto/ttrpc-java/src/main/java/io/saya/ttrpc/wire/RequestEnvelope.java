package io.saya.ttrpc.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The content of one request frame, read in place; one object serves a connection's requests one
 * after the other.
 *
 * <p>Fields: service 1, method 2, payload 3, timeout in nanoseconds 4, metadata 5. Not thread-safe.
 */
public final class RequestEnvelope {
    private static final int SERVICE = 0x0a;
    private static final int METHOD = 0x12;
    private static final int PAYLOAD = 0x1a;
    private static final int TIMEOUT = 0x20;
    private static final int METADATA = 0x2a;
    private static final int KEY = 0x0a;
    private static final int VALUE = 0x12;
    private static final byte[] EMPTY = new byte[0];

    private final ProtoCursor cursor = new ProtoCursor();
    private final ProtoCursor pairCursor = new ProtoCursor();
    private byte[] frame = EMPTY;
    private int serviceOffset;
    private int serviceLength;
    private int methodOffset;
    private int methodLength;
    private int payloadOffset;
    private int payloadLength;
    private long timeoutNanos;
    private @Nullable List<String> pairs;

    /**
     * Reads a frame's payload; all accessors then speak of it.
     *
     * @throws MalformedEnvelopeException if it is not a request
     */
    public void read(byte[] bytes) throws MalformedEnvelopeException {
        frame = bytes;
        serviceOffset = 0;
        serviceLength = 0;
        methodOffset = 0;
        methodLength = 0;
        payloadOffset = 0;
        payloadLength = 0;
        timeoutNanos = 0;
        pairs = null;
        cursor.reset(bytes, 0, bytes.length);
        for (int tag = cursor.next(); tag != 0; tag = cursor.next()) {
            readField(tag);
        }
    }

    private void readField(int tag) throws MalformedEnvelopeException {
        switch (tag) {
            case SERVICE -> {
                serviceLength = cursor.length();
                serviceOffset = cursor.position();
                cursor.skip(serviceLength);
            }
            case METHOD -> {
                methodLength = cursor.length();
                methodOffset = cursor.position();
                cursor.skip(methodLength);
            }
            case PAYLOAD -> {
                payloadLength = cursor.length();
                payloadOffset = cursor.position();
                cursor.skip(payloadLength);
            }
            case TIMEOUT -> timeoutNanos = cursor.varint();
            case METADATA -> readPair();
            default -> cursor.skipValue();
        }
    }

    private void readPair() throws MalformedEnvelopeException {
        int length = cursor.length();
        String key = "";
        String value = "";
        pairCursor.reset(frame, cursor.position(), length);
        for (int tag = pairCursor.next(); tag != 0; tag = pairCursor.next()) {
            switch (tag) {
                case KEY -> key = pairCursor.string(WireFormat.MAX_PAYLOAD);
                case VALUE -> value = pairCursor.string(WireFormat.MAX_PAYLOAD);
                default -> pairCursor.skipValue();
            }
        }
        cursor.skip(length);
        if (pairs == null) {
            pairs = new ArrayList<>();
        }
        pairs.add(key);
        pairs.add(value);
    }

    /**
     * Drops the reference to the frame, so that an idle connection does not hold its last request.
     */
    public void clear() {
        frame = EMPTY;
        pairs = null;
    }

    /** Hash of service and method, equal to {@link MethodName#hashCode} of the same names. */
    public int nameHash() {
        return MethodName.hash(
                MethodName.hash(0, frame, serviceOffset, serviceLength),
                frame,
                methodOffset,
                methodLength);
    }

    /** Tells whether the request calls a method. */
    public boolean names(MethodName name) {
        return name.matches(frame, serviceOffset, serviceLength, methodOffset, methodLength);
    }

    /** Full name of the service, decoded for messages. */
    public String service() {
        return new String(frame, serviceOffset, serviceLength, StandardCharsets.UTF_8);
    }

    /** Name of the method, decoded for messages. */
    public String method() {
        return new String(frame, methodOffset, methodLength, StandardCharsets.UTF_8);
    }

    /** Index in the frame at which the method's message begins. */
    public int payloadOffset() {
        return payloadOffset;
    }

    /** Length of the method's message in bytes, 0 if absent. */
    public int payloadLength() {
        return payloadLength;
    }

    /**
     * Time the caller leaves for the call, in nanoseconds; 0 means without limit, below 0 that it
     * is over already.
     */
    public long timeoutNanos() {
        return timeoutNanos;
    }

    /** Pairs sent along. */
    public Metadata metadata() {
        return pairs == null ? Metadata.EMPTY : Metadata.ofPairs(pairs);
    }
}
