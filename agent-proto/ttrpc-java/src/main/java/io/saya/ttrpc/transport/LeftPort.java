package io.saya.ttrpc.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Goes on at a serial port that another client has left, whose answers may still be on their way:
 * the end of one, and whole ones behind it.
 *
 * <p>The first request is written twice: on stream 1, by which the server knows that there is
 * another client, and on the stream that the connection begins with, which nobody can have used
 * ({@link #firstStream}). What comes is thrown away until the answer on that stream, with which
 * this handler leaves: behind it there is nothing that was not asked for here. A server that sends
 * more than {@value #MOST} bytes before is given up; for how long one waits, the caller's deadline
 * says.
 *
 * <pre>
 *     written   length 00000001 01 00 request   length STREAM 01 00 request
 *     read      ...thrown away...               length STREAM 02 00 answer
 * </pre>
 */
final class LeftPort extends ChannelDuplexHandler {

    /**
     * The most that is thrown away: a frame and as much as a port and its monitor hold on the way,
     * with room to spare.
     */
    static final int MOST = 16 << 20;

    /** The longest answer that is taken for the one: to a call that asks next to nothing. */
    static final int LONGEST_ANSWER = 16 << 10;

    private static final int HEADER = 10;
    private static final int STREAM = 4;
    private static final byte RESPONSE = 2;

    /** Of the low bits of a first stream, which is odd and above what a greeting needs. */
    private static final int STREAMS = 0x1fff_ffff;

    private static final int ABOVE = 0x0010_0001;

    private int stream;

    /** The last eight bytes that came, and the two before: what may be a header. */
    private long last;

    private int before;
    private long seen;

    /** A stream for a connection to begin with that nobody has used before, nor can guess. */
    static int firstStream() {
        return (ThreadLocalRandom.current().nextInt() & STREAMS) | ABOVE;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (stream == 0 && message instanceof ByteBuf frame) {
            stream = frame.getInt(frame.readerIndex() + STREAM);
            ByteBuf first = context.alloc().buffer(frame.readableBytes());
            first.writeBytes(frame, frame.readerIndex(), frame.readableBytes());
            first.setInt(STREAM, 1);
            var _ = context.write(first);
        }
        var _ = context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        while (bytes.isReadable()) {
            if (take(bytes.readByte())) {
                leave(context, bytes);
                return;
            }
        }
        bytes.release();
        if (seen > MOST) {
            context.fireExceptionCaught(
                    new IOException(
                            "more than "
                                    + MOST
                                    + " bytes, none of them the answer to the first request"));
            var _ = context.close();
        }
    }

    /** True if the header of the answer is complete with this byte. */
    private boolean take(byte one) {
        before = (before << 8 | (int) (last >>> 56)) & 0xffff;
        last = last << 8 | (one & 0xff);
        seen++;
        // Its end: the stream, the type and flags that say nothing.
        return (last & 0xffff_ffff_ffffL) == ((stream & 0xffff_ffffL) << 16 | RESPONSE << 8)
                && isAnswer();
    }

    private boolean isAnswer() {
        return stream != 0
                && seen >= HEADER
                && Integer.compareUnsigned(length(), LONGEST_ANSWER) <= 0;
    }

    private int length() {
        return before << 16 | (int) (last >>> 48);
    }

    private void leave(ChannelHandlerContext context, ByteBuf rest) {
        context.fireChannelRead(Unpooled.buffer(HEADER).writeShort(before).writeLong(last));
        context.fireChannelRead(rest);
        context.pipeline().remove(this);
    }
}
