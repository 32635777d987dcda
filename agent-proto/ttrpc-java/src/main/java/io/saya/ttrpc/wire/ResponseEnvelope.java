package io.saya.ttrpc.wire;

/**
 * The content of one response frame, read in place; one object serves a connection's responses one
 * after the other.
 *
 * <p>Fields: status 1 (code 1, message 2), payload 2. A status's details are not read. Not
 * thread-safe.
 */
public final class ResponseEnvelope {
    private static final int STATUS = 0x0a;
    private static final int PAYLOAD = 0x12;
    private static final int CODE = 0x08;
    private static final int MESSAGE = 0x12;

    /** A peer's error text ends up in exceptions and logs, so it is cut, in bytes. */
    private static final int MAX_MESSAGE = 8 << 10;

    private final ProtoCursor cursor = new ProtoCursor();
    private final ProtoCursor statusCursor = new ProtoCursor();
    private int payloadOffset;
    private int payloadLength;
    private int code;
    private String message = "";

    /**
     * Reads a frame's payload; all accessors then speak of it.
     *
     * @throws MalformedEnvelopeException if it is not a response
     */
    public void read(byte[] bytes) throws MalformedEnvelopeException {
        payloadOffset = 0;
        payloadLength = 0;
        code = 0;
        message = "";
        cursor.reset(bytes, 0, bytes.length);
        for (int tag = cursor.next(); tag != 0; tag = cursor.next()) {
            switch (tag) {
                case STATUS -> {
                    int length = cursor.length();
                    statusCursor.reset(bytes, cursor.position(), length);
                    readStatus();
                    cursor.skip(length);
                }
                case PAYLOAD -> {
                    payloadLength = cursor.length();
                    payloadOffset = cursor.position();
                    cursor.skip(payloadLength);
                }
                default -> cursor.skipValue();
            }
        }
    }

    private void readStatus() throws MalformedEnvelopeException {
        for (int tag = statusCursor.next(); tag != 0; tag = statusCursor.next()) {
            switch (tag) {
                case CODE -> code = (int) statusCursor.varint();
                case MESSAGE -> message = statusCursor.string(MAX_MESSAGE);
                default -> statusCursor.skipValue();
            }
        }
    }

    /** Number of the status; 0 is success. */
    public int code() {
        return code;
    }

    /** The server's words for a failure. */
    public String message() {
        return message;
    }

    /** Index in the frame at which the method's message begins. */
    public int payloadOffset() {
        return payloadOffset;
    }

    /** Length of the method's message in bytes, 0 if absent. */
    public int payloadLength() {
        return payloadLength;
    }
}
