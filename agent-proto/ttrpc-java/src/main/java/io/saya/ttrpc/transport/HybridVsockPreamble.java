package io.saya.ttrpc.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Names the guest's port on a hybrid vsock connection: {@code CONNECT <port>\n}, answered by {@code
 * OK <port>\n}.
 *
 * <p>The answer is read to its line end and not a byte further, as the guest may already be
 * speaking behind it. If nobody listens in the guest, the other side closes the connection instead.
 */
public final class HybridVsockPreamble implements Preamble {
    /** {@code OK}, a number of 32 bits, line end, and some room. */
    private static final int MAX_ANSWER = 32;

    /** A guest that has not answered for so long has never seen the question. */
    private static final long LINGER_SECONDS = 120;

    private final int port;

    /** Creates the preamble for a port, an unsigned number. */
    public HybridVsockPreamble(int port) {
        this.port = port;
    }

    @Override
    public void start(Channel channel, Promise<Void> done) {
        channel.pipeline().addFirst(new AnswerReader(done));
        String line = "CONNECT " + Integer.toUnsignedString(port) + "\n";
        ByteBuf bytes = channel.alloc().directBuffer(line.length());
        bytes.writeCharSequence(line, StandardCharsets.US_ASCII);
        var _ = channel.writeAndFlush(bytes, channel.voidPromise());
    }

    /**
     * Stays connected until the answer is there, and hangs up then. vhost-device-vsock (0.3.0) ends
     * the thread that serves all connections when it cannot write an {@code OK}, and never lets go
     * of a connection that ends before it has read the question.
     */
    @Override
    public void abandon(Channel channel) {
        if (!channel.isRegistered()) {
            var _ = channel.close();
            return;
        }
        channel.eventLoop()
                .execute(
                        () -> {
                            AnswerReader reader = channel.pipeline().get(AnswerReader.class);
                            if (reader == null) {
                                var _ = channel.close();
                            } else {
                                reader.abandon(channel);
                            }
                        });
    }

    private static final class AnswerReader extends ChannelInboundHandlerAdapter {
        private final Promise<Void> done;
        private final StringBuilder answer = new StringBuilder();
        private boolean answered;
        private boolean abandoned;

        AnswerReader(Promise<Void> done) {
            this.done = done;
        }

        void abandon(Channel channel) {
            if (answered) {
                var _ = channel.close();
                return;
            }
            abandoned = true;
            var _ =
                    channel.eventLoop()
                            .schedule(
                                    () -> {
                                        var _ = channel.close();
                                    },
                                    LINGER_SECONDS,
                                    TimeUnit.SECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            while (bytes.isReadable()) {
                char next = (char) (bytes.readByte() & 0xff);
                if (next == '\n') {
                    finish(context, bytes);
                    return;
                }
                answer.append(next);
                if (answer.length() >= MAX_ANSWER) {
                    break;
                }
            }
            bytes.release();
            if (answer.length() >= MAX_ANSWER) {
                refuse(context);
            }
        }

        private void finish(ChannelHandlerContext context, ByteBuf rest) {
            if (abandoned || !answer.toString().startsWith("OK ")) {
                rest.release();
                refuse(context);
                return;
            }
            answered = true;
            // First the promise: its listeners prepare the pipeline for the bytes that follow.
            done.trySuccess(null);
            if (rest.isReadable()) {
                context.fireChannelRead(rest);
            } else {
                rest.release();
            }
            context.pipeline().remove(this);
        }

        private void refuse(ChannelHandlerContext context) {
            answered = true;
            if (abandoned) {
                var _ = context.close();
            }
            done.tryFailure(
                    new IOException(
                            "answer to CONNECT: '"
                                    + answer.toString().replaceAll("[^\\x20-\\x7e]", "?")
                                    + "' (expected: 'OK <port>')"));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.tryFailure(
                    new IOException(
                            "connection closed in answer to CONNECT: nothing listens on that port"
                                    + " of the guest yet, or the guest is gone"));
            context.fireChannelInactive();
        }
    }
}
