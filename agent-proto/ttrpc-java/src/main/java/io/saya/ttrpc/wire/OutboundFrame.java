package io.saya.ttrpc.wire;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A frame on its way to the socket. It is encoded on the event loop, straight into the socket's
 * buffer.
 *
 * <p>The object is its own queue node: calls extend it, so that queueing one costs no allocation. A
 * frame may be queued once.
 */
public abstract class OutboundFrame {
    @Nullable OutboundFrame next;
    private int reservedLength;

    /** Makes a frame; for subclasses. */
    protected OutboundFrame() {}

    /**
     * Bytes this frame counts for in the queue's bound, header included; set before it is queued.
     */
    final int reservedLength() {
        return reservedLength;
    }

    /** Sets the bytes this frame counts for. */
    final void reservedLength(int length) {
        reservedLength = length;
    }

    /**
     * Called on the event loop right before the frame is written.
     *
     * @return false to leave it out
     */
    protected boolean beforeWrite() {
        return true;
    }

    /**
     * Writes exactly one frame; on the event loop.
     *
     * @throws IOException never by itself: protobuf's writers declare it
     */
    protected abstract void writeTo(FrameWriter writer) throws IOException;

    /** Called instead of the other two, on any thread, if the connection ended first. */
    protected void discarded() {}
}
