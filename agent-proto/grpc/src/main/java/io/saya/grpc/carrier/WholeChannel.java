package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** A stream that has its carrier for itself. */
final class WholeChannel extends CarriedChannel {

    private static final int PART = 64 << 10;

    WholeChannel(Channel parent) {
        super(parent, false);
    }

    @Override
    void opening() {}

    @Override
    int room() {
        return parent().isWritable() ? PART : 0;
    }

    @Override
    void send(ByteBuf bytes) {
        var _ = parent().write(bytes, parent().voidPromise());
    }

    @Override
    void flushParent() {
        parent().flush();
    }

    @Override
    void consumed(int bytes) {}

    @Override
    void closing() {
        var _ = parent().close();
    }

    /** Hands all that the carrier brings to the one stream. */
    static final class Handler extends ChannelInboundHandlerAdapter {
        private final WholeChannel stream;

        Handler(WholeChannel stream) {
            this.stream = stream;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            stream.receive((ByteBuf) message);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            stream.roomMade();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            stream.receiveEnd();
        }

        /** A peer that is gone ends the connection; whoever called it is told by that. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            var _ = context.close();
        }
    }
}
