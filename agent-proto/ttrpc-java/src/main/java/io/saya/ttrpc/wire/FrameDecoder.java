package io.saya.ttrpc.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Arrays;

/**
 * Cuts a byte stream into frames.
 *
 * <p>Each payload is copied once, from the socket's buffer into an array of its own, because
 * messages keep slices of that array. At most one payload is under construction, so a peer can make
 * a connection hold at most 4 MiB.
 */
public final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final byte[] EMPTY = new byte[0];
    private static final int STREAM_ID_OFFSET = 4;

    private final FrameListener listener;
    private final byte[] header = new byte[WireFormat.HEADER_LENGTH];
    private int headerFilled;
    private byte[] payload = EMPTY;
    private int payloadFilled;
    private long toSkip;

    /** Creates a decoder for one channel. */
    public FrameDecoder(FrameListener listener) {
        this.listener = listener;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            while (bytes.isReadable()) {
                advance(bytes);
            }
        } finally {
            bytes.release();
        }
    }

    /** Tells how far into a frame the bytes received so far go; empty at a frame's boundary. */
    public String unfinishedFrame() {
        if (toSkip > 0) {
            return "within an oversized or unknown frame, " + toSkip + " bytes before its end";
        }
        if (headerFilled == WireFormat.HEADER_LENGTH) {
            return "after "
                    + payloadFilled
                    + " of "
                    + payload.length
                    + " bytes of a frame's payload";
        }
        return headerFilled == 0
                ? ""
                : "after "
                        + headerFilled
                        + " of "
                        + WireFormat.HEADER_LENGTH
                        + " bytes of a frame's header";
    }

    /**
     * The bytes of the frame that has begun and not ended: whoever reads on has to be given them
     * first. Empty at a frame's boundary.
     *
     * @throws IllegalStateException within a frame that is skipped
     */
    public byte[] unfinished() {
        if (toSkip > 0) {
            throw new IllegalStateException(unfinishedFrame());
        }
        byte[] begun = Arrays.copyOf(header, headerFilled + payloadFilled);
        System.arraycopy(payload, 0, begun, headerFilled, payloadFilled);
        return begun;
    }

    /** Goes on behind the {@link #unfinished} bytes of another decoder. */
    public void continueAfter(byte[] begun) {
        ByteBuf bytes = Unpooled.wrappedBuffer(begun);
        while (bytes.isReadable()) {
            advance(bytes);
        }
    }

    private void advance(ByteBuf bytes) {
        if (toSkip > 0) {
            int step = (int) Math.min(toSkip, bytes.readableBytes());
            bytes.skipBytes(step);
            toSkip -= step;
        } else if (headerFilled < WireFormat.HEADER_LENGTH) {
            readHeader(bytes);
        } else {
            readPayload(bytes);
        }
    }

    private void readHeader(ByteBuf bytes) {
        int step = Math.min(WireFormat.HEADER_LENGTH - headerFilled, bytes.readableBytes());
        bytes.readBytes(header, headerFilled, step);
        headerFilled += step;
        if (headerFilled < WireFormat.HEADER_LENGTH) {
            return;
        }
        long length = Integer.toUnsignedLong(intAt(0));
        byte type = header[8];
        if (type < WireFormat.REQUEST || type > WireFormat.DATA) {
            skip(length);
            listener.onUnknownFrame(intAt(STREAM_ID_OFFSET), type, length);
        } else if (length > most(type)) {
            skip(length);
            listener.onOversizedFrame(intAt(STREAM_ID_OFFSET), type, length);
        } else {
            payload = length == 0 ? EMPTY : new byte[(int) length];
            payloadFilled = 0;
            deliverIfComplete();
        }
    }

    private int most(byte type) {
        return Math.min(WireFormat.MAX_PAYLOAD, listener.mostBytes(intAt(STREAM_ID_OFFSET), type));
    }

    private void readPayload(ByteBuf bytes) {
        int step = Math.min(payload.length - payloadFilled, bytes.readableBytes());
        bytes.readBytes(payload, payloadFilled, step);
        payloadFilled += step;
        deliverIfComplete();
    }

    private void deliverIfComplete() {
        if (payloadFilled < payload.length) {
            return;
        }
        byte[] complete = payload;
        payload = EMPTY;
        payloadFilled = 0;
        headerFilled = 0;
        listener.onFrame(intAt(STREAM_ID_OFFSET), header[8], header[9], complete);
    }

    private void skip(long length) {
        toSkip = length;
        headerFilled = 0;
    }

    private int intAt(int offset) {
        return (header[offset] & 0xff) << 24
                | (header[offset + 1] & 0xff) << 16
                | (header[offset + 2] & 0xff) << 8
                | (header[offset + 3] & 0xff);
    }
}
