package io.saya.ttrpc.wire;

/** Receives what a {@link FrameDecoder} finds, on the channel's event loop; must not block. */
public interface FrameListener {
    /**
     * A whole frame of a known type.
     *
     * @param streamId unsigned
     * @param type one of {@link WireFormat#REQUEST}, {@link WireFormat#RESPONSE}, {@link
     *     WireFormat#DATA}
     * @param flags as received, unknown bits included
     * @param payload the listener's to keep; nobody writes to it again
     */
    void onFrame(int streamId, byte type, byte flags, byte[] payload);

    /**
     * The most bytes of payload that the frame may have whose header has come; nothing of a longer
     * one is held. By default {@link WireFormat#MAX_PAYLOAD}, which is also the most.
     */
    default int mostBytes(int streamId, byte type) {
        return WireFormat.MAX_PAYLOAD;
    }

    /**
     * The header of a frame whose payload is above {@link #mostBytes}; the payload is skipped as it
     * arrives.
     *
     * @param length unsigned 32-bit value
     */
    void onOversizedFrame(int streamId, byte type, long length);

    /**
     * The header of a frame of a type that the protocol does not know; its payload is skipped as it
     * arrives.
     */
    void onUnknownFrame(int streamId, byte type, long length);
}
