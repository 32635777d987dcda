package io.saya.ttrpc.wire;

/** Numbers of the protocol. */
public final class WireFormat {
    /** Bytes before each payload. */
    public static final int HEADER_LENGTH = 10;

    /** Largest payload that may be sent or accepted, in bytes. */
    public static final int MAX_PAYLOAD = 4 << 20;

    /** Type of the frame that opens a stream; sent by clients. */
    public static final byte REQUEST = 1;

    /** Type of the frame that answers a call, or ends a stream with an error; sent by servers. */
    public static final byte RESPONSE = 2;

    /** Type of a frame that carries one message of a stream; sent by both. */
    public static final byte DATA = 3;

    /** Flag: the sender will send nothing more on this stream. */
    public static final byte REMOTE_CLOSED = 1;

    /** Flag of a request: data frames will follow it. */
    public static final byte REMOTE_OPEN = 2;

    /** Flag of a data frame: it carries no message, not even an empty one. */
    public static final byte NO_DATA = 4;

    private WireFormat() {}

    /** Tells whether a byte of flags contains a flag. */
    public static boolean has(byte flags, byte flag) {
        return (flags & flag) != 0;
    }
}
