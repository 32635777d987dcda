package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Stands before HTTP/2 and counts the frames of a peer that is not trusted, which may ask for an
 * answer to a ping, or tell of settings and windows, without end: all but those that bring data.
 * Looks at their headers (RFC 9113, section 4.1) and changes nothing.
 */
final class Http2Pace extends ChannelInboundHandlerAdapter {
    private static final int HEADER = 9;
    private static final int LENGTH = 3;
    private static final int DATA = 0;

    /** From here on data is paid for by what it brings. */
    static final int SMALL = 1 << 10;

    private final Runnable counted;
    private int headerBytes;
    private int length;
    private int toSkip;

    /**
     * @param counted called for each such frame when its header has come
     */
    Http2Pace(Runnable counted) {
        this.counted = counted;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex()) {
            if (toSkip > 0) {
                int step = Math.min(toSkip, bytes.writerIndex() - at);
                toSkip -= step;
                at += step;
            } else {
                takeHeader(bytes.getUnsignedByte(at));
                at++;
            }
        }
        context.fireChannelRead(message);
    }

    private void takeHeader(int next) {
        if (headerBytes < LENGTH) {
            length = headerBytes == 0 ? next : length << Byte.SIZE | next;
        } else if (headerBytes == LENGTH && (next != DATA || length < SMALL)) {
            counted.run();
        }
        headerBytes++;
        if (headerBytes == HEADER) {
            headerBytes = 0;
            toSkip = length;
        }
    }
}
