package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;

/**
 * A byte stream that another channel, its parent, carries. It lives on the parent's event loop, and
 * all of its methods are called there.
 */
public abstract class CarriedChannel extends AbstractChannel {

    private static final ChannelMetadata METADATA = new ChannelMetadata(false);

    private final ChannelConfig config = new Config(this);
    private final ArrayDeque<ByteBuf> received = new ArrayDeque<>();
    private boolean readWanted;
    private boolean delivering;
    private boolean peerEnded;
    private boolean active;
    private boolean closed;
    private boolean lost;

    /**
     * @param active whether it is connected from the start, as what a peer opened is
     */
    CarriedChannel(Channel parent, boolean active) {
        super(parent);
        this.active = active;
    }

    // ---- what a carrier does

    /** Tells the peer of the stream, where it has to be told. */
    abstract void opening();

    /** Bytes that the peer and the parent take now. */
    abstract int room();

    /**
     * Writes to the parent, without a flush; at most {@link #room} bytes, which become the
     * carrier's.
     */
    abstract void send(ByteBuf bytes);

    /** Flushes what was sent. */
    abstract void flushParent();

    /** Notes that so many bytes were read and are held no longer. */
    abstract void consumed(int bytes);

    /** Tells the peer of the end, where it has to be told; called once. */
    abstract void closing();

    // ---- what a carrier tells

    /** Takes bytes from the peer, which are the channel's from now on. */
    final void receive(ByteBuf bytes) {
        if (closed) {
            bytes.release();
            return;
        }
        received.add(bytes);
        deliver();
    }

    /** Notes that nothing more comes. */
    final void receiveEnd() {
        peerEnded = true;
        deliver();
    }

    /** Notes that there may be room again. */
    final void roomMade() {
        if (active && !closed) {
            ((CarriedUnsafe) unsafe()).flushAgain();
        }
    }

    /** Ends it without a word to the peer; its handlers and those who wait for its end are told. */
    final void lose() {
        lost = true;
        if (isRegistered()) {
            unsafe().close(voidPromise());
        } else {
            unsafe().closeForcibly();
        }
    }

    private void deliver() {
        if (delivering || !active || !isRegistered()) {
            return;
        }
        delivering = true;
        try {
            while (readWanted && !received.isEmpty()) {
                readWanted = false;
                int bytes = 0;
                for (ByteBuf next = received.poll(); next != null; next = received.poll()) {
                    bytes += next.readableBytes();
                    pipeline().fireChannelRead(next);
                }
                if (!closed) {
                    consumed(bytes);
                }
                pipeline().fireChannelReadComplete();
            }
        } finally {
            delivering = false;
        }
        if (peerEnded && received.isEmpty() && active) {
            unsafe().close(voidPromise());
        }
    }

    // ---- Netty

    @Override
    protected void doBeginRead() {
        readWanted = true;
        deliver();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
        boolean sent = false;
        for (Object message = out.current(); message != null; message = out.current()) {
            ByteBuf bytes = (ByteBuf) message;
            int length = bytes.readableBytes();
            if (length == 0) {
                out.remove();
                continue;
            }
            int part = Math.min(length, room());
            if (part == 0 && sent) {
                // Writing may be what left no room; nobody tells during a flush that there is some.
                flushParent();
                sent = false;
                part = Math.min(length, room());
            }
            if (part == 0) {
                break;
            }
            send(bytes.retainedSlice(bytes.readerIndex(), part));
            sent = true;
            out.removeBytes(part);
        }
        if (sent) {
            flushParent();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (!(message instanceof ByteBuf)) {
            throw new UnsupportedOperationException(
                    "message: " + message.getClass() + " (expected: bytes)");
        }
        return message;
    }

    @Override
    protected void doClose() {
        if (!closed) {
            closed = true;
            if (active && !lost) {
                closing();
            }
        }
        active = false;
        for (ByteBuf next = received.poll(); next != null; next = received.poll()) {
            next.release();
        }
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException("it has no address");
    }

    @Override
    protected SocketAddress localAddress0() {
        return parent().localAddress();
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return parent().remoteAddress();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop.equals(parent().eventLoop());
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new CarriedUnsafe();
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    /** Takes what gRPC asks of every channel, and what only a socket has. */
    private static final class Config extends DefaultChannelConfig {
        Config(Channel channel) {
            super(channel);
        }

        @Override
        public <T> boolean setOption(ChannelOption<T> option, T value) {
            return option.equals(ChannelOption.SO_KEEPALIVE) || super.setOption(option, value);
        }
    }

    private final class CarriedUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            if (!promise.setUncancellable() || !ensureOpen(promise)) {
                return;
            }
            if (!parent().isActive()) {
                safeSetFailure(promise, new ClosedChannelException());
                close(voidPromise());
                return;
            }
            active = true;
            opening();
            safeSetSuccess(promise);
            pipeline().fireChannelActive();
        }

        void flushAgain() {
            flush0();
        }
    }
}
