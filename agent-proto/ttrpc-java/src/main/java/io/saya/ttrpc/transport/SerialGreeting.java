package io.saya.ttrpc.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Promise;
import java.util.function.Consumer;

/**
 * Asks who is at a serial port, ttrpc or yamux, in words that are right in both: what is written
 * first is made longer by two fields that no request has, which a server of ttrpc skips. To a
 * server of yamux the whole is a ping, which it answers at once, and data for a stream that there
 * is not, which it throws away; its session stays in good order.
 *
 * <pre>
 *     ttrpc   length         stream         type  flags  field 15, 11 bytes              request, field 15
 *     bytes   00 02 00 01    00 00 00 01    01    00     7a 8b 00  ...                    ...
 *     yamux   ping, SYN      (stream)       value: 01 00 7a 8b | 00 data, stream, length  thrown away
 * </pre>
 *
 * <p>An answer that is yamux's to that ping ends the connection for whoever asked, and not for the
 * peer, which may not be able to serve another one: it is handed over as it is. With any other
 * answer the handler leaves.
 */
final class SerialGreeting extends ChannelDuplexHandler {

    private static final int HEADER = 10;

    /** As yamux's header: version 0, type 2 (ping), flags 1 (SYN). */
    private static final int LENGTH = 0x0002_0001;

    /** Tag of field 15, made of bytes. */
    private static final int FILLER_TAG = 0x7a;

    /**
     * A length of {@value #LEAD} in two bytes where one would do: the second is 0 and yamux's
     * version.
     */
    private static final int LEAD_LENGTH = 0x8b00;

    /** What is left of yamux's header behind its version. */
    private static final int LEAD = 11;

    /** A stream that a server has never heard of. */
    private static final int NO_STREAM = 0x7fff_ffff;

    /** Tag and length, of four bytes, of the filler behind the request. */
    private static final int FILLER_HEADER = 5;

    private static final byte[] YAMUX_ANSWER =
            ByteBufUtil.decodeHexDump("00020002" + "00000000" + "01007a8b");

    private final Consumer<Channel> yamux;
    private boolean asked;
    private int matched;

    private SerialGreeting(Consumer<Channel> yamux) {
        this.yamux = yamux;
    }

    /**
     * Has what is written first on a channel ask.
     *
     * @param yamux given the channel if a server of yamux answers: without handlers, and not read
     */
    static void start(Channel channel, Consumer<Channel> yamux, Promise<Void> done) {
        channel.pipeline().addFirst(new SerialGreeting(yamux));
        done.setSuccess(null);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (asked) {
            var _ = context.write(message, promise);
            return;
        }
        asked = true;
        ByteBuf frame = (ByteBuf) message;
        try {
            var _ = context.write(question(context, frame), promise);
        } finally {
            frame.release();
        }
    }

    private static ByteBuf question(ChannelHandlerContext context, ByteBuf frame) {
        int body = frame.readableBytes() - HEADER;
        int lead = 3 + LEAD;
        int filler = LENGTH - lead - body - FILLER_HEADER;
        ByteBuf out = context.alloc().directBuffer(HEADER + LENGTH);
        out.writeInt(LENGTH);
        out.writeBytes(frame, frame.readerIndex() + 4, HEADER - 4);
        out.writeByte(FILLER_TAG).writeShort(LEAD_LENGTH);
        // Data without flags.
        out.writeByte(0).writeShort(0).writeInt(NO_STREAM).writeInt(LENGTH - lead);
        out.writeBytes(frame, frame.readerIndex() + HEADER, body);
        out.writeByte(FILLER_TAG);
        out.writeByte(0x80 | (filler & 0x7f));
        out.writeByte(0x80 | (filler >> 7 & 0x7f));
        out.writeByte(0x80 | (filler >> 14 & 0x7f));
        out.writeByte(0);
        return out.writeZero(filler);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        int known = matched;
        int more = Math.min(YAMUX_ANSWER.length - known, bytes.readableBytes());
        for (int i = 0; i < more; i++) {
            if (bytes.getByte(bytes.readerIndex() + i) != YAMUX_ANSWER[known + i]) {
                leave(context, known, bytes);
                return;
            }
        }
        matched += more;
        bytes.skipBytes(more);
        if (matched == YAMUX_ANSWER.length) {
            handOver(context);
            // A server of yamux has nothing to say yet; what comes with its answer breaks the
            // rules.
            if (bytes.isReadable()) {
                var _ = context.channel().close();
            }
        }
        bytes.release();
    }

    private void handOver(ChannelHandlerContext context) {
        Channel channel = context.channel();
        channel.config().setAutoRead(false);
        yamux.accept(channel);
        context.fireChannelInactive();
        while (channel.pipeline().first() != null) {
            channel.pipeline().removeLast();
        }
    }

    private void leave(ChannelHandlerContext context, int known, ByteBuf bytes) {
        if (known > 0) {
            context.fireChannelRead(
                    context.alloc().buffer(known).writeBytes(YAMUX_ANSWER, 0, known));
        }
        context.fireChannelRead(bytes);
        context.pipeline().remove(this);
    }
}
