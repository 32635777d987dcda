package io.saya.shim.log;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.time.Duration;
import java.time.ZoneId;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;

/**
 * Sends lines to the host's system log. Each datagram names its receiver, so that a log daemon that
 * is restarted is found again; what it does not take is dropped and counted.
 */
final class SystemLogAppender extends AbstractAppender {
    private static final Duration CLOSE_LIMIT = Duration.ofMillis(500);

    private final Channel channel;
    private final DomainSocketAddress receiver;
    private final LossCount loss;

    private SystemLogAppender(
            Channel channel,
            DomainSocketAddress receiver,
            AbstractStringLayout layout,
            LossCount loss) {
        super("system", null, layout, true, Property.EMPTY_ARRAY);
        this.channel = channel;
        this.receiver = receiver;
        this.loss = loss;
    }

    /**
     * Makes the sending socket; the receiver need not be there.
     *
     * @param events an epoll event loop, which the appender does not own
     */
    // A socket that only sends needs no address of its own, and Netty has no other switch for that.
    @SuppressWarnings("deprecation")
    static SystemLogAppender open(
            SystemLogSocket socket, EventLoopGroup events, String sandbox, LossCount loss) {
        Channel channel =
                new Bootstrap()
                        .group(events)
                        .channel(EpollDomainDatagramChannel.class)
                        .option(ChannelOption.AUTO_READ, false)
                        .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true)
                        .handler(new ChannelInboundHandlerAdapter())
                        .register()
                        .syncUninterruptibly()
                        .channel();
        AbstractStringLayout layout =
                socket.journal()
                        ? new JournalLayout(sandbox)
                        : new SyslogLayout(sandbox, ZoneId.systemDefault());
        return new SystemLogAppender(
                channel, new DomainSocketAddress(socket.path().toFile()), layout, loss);
    }

    @Override
    public void append(LogEvent event) {
        if (!channel.isWritable()) {
            loss.add(1);
            return;
        }
        byte[] line = getLayout().toByteArray(event);
        channel.writeAndFlush(new DomainDatagramPacket(Unpooled.wrappedBuffer(line), receiver))
                .addListener(
                        sent -> {
                            if (!sent.isSuccess()) {
                                loss.add(1);
                            }
                        });
    }

    @Override
    public void stop() {
        super.stop();
        // Closing comes after what was written before it; the end of the daemon should not overtake
        // it.
        boolean closed = channel.close().awaitUninterruptibly(CLOSE_LIMIT.toMillis());
        if (!closed) {
            loss.add(1);
        }
    }
}
