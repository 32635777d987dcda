package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One side of a yamux session: the last handler of the channel that carries it. The peer is not
 * trusted: whatever breaks the protocol's rules, or goes beyond a bound, ends the session.
 *
 * <p>Windows bound what a stream that is not read may hold; a ping is answered whatever the streams
 * do. All methods are called on the channel's event loop but {@link #close}.
 */
public final class YamuxSession extends ChannelInboundHandlerAdapter {

    /** Which side this is. */
    public enum Role {
        CLIENT,
        SERVER
    }

    /** Streams at once; the backlog of other implementations. */
    static final int MOST_STREAMS = 256;

    /**
     * Frames for streams that there are not (any more), and pings that cannot be answered, in a
     * row. A peer that has not heard of an end yet sends some; many are an attack.
     */
    static final int MOST_STRAY_FRAMES = 4096;

    private final Role role;
    private final Consumer<YamuxStream> accepted;
    private final Duration keepAlive;
    private final Map<Integer, YamuxStream> streams = new HashMap<>();

    private Runnable counted = () -> {};
    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf header;
    private long dataLeft;
    private @Nullable YamuxStream dataTo;
    private boolean dataEnds;
    private int nextId;
    private int strays;
    private int pings;
    private boolean pingAnswered = true;
    private boolean keptAlive;
    private boolean peerGoesAway;
    private @Nullable String failure;

    /**
     * @param accepted given each stream that the peer opens, which is to be registered with the
     *     event loop; a client gets none
     * @param keepAlive how often the peer is asked for a sign of life, and how long it may take
     *     before the session ends; zero: never, as for a guest that may be paused
     */
    public YamuxSession(Role role, Consumer<YamuxStream> accepted, Duration keepAlive) {
        this.role = role;
        this.accepted = accepted;
        this.keepAlive = keepAlive;
        this.nextId = role == Role.CLIENT ? 1 : 2;
    }

    /** A client's side without keep-alive. */
    public static YamuxSession client() {
        return new YamuxSession(Role.CLIENT, _ -> {}, Duration.ZERO);
    }

    /**
     * Paces a peer that is not trusted; to be called before the session has a channel.
     *
     * @param frame called for each frame that brings no data, and of HTTP/2 in the streams
     */
    void pace(Runnable frame) {
        counted = frame;
    }

    /** A new stream; the peer learns of it when the stream is connected. */
    public YamuxStream open() {
        YamuxStream stream = new YamuxStream(this, nextId, false);
        stream.pipeline().addFirst(new Http2Pace(counted));
        nextId += 2;
        return stream;
    }

    /** Ends the session with a word to the peer; returns at once. */
    public void close() {
        Channel channel = channel();
        channel.eventLoop()
                .execute(
                        () -> {
                            if (channel.isActive()) {
                                end(YamuxFrame.NORMAL);
                            }
                        });
    }

    /** Why this side ended the session; null if it has not, or for no fault. */
    public @Nullable String failure() {
        return failure;
    }

    Channel channel() {
        return context().channel();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not added to a pipeline");
    }

    // ---- of streams

    void opened(YamuxStream stream) {
        if (peerGoesAway || streams.size() >= MOST_STREAMS) {
            channel().eventLoop().execute(stream::lose);
            return;
        }
        streams.put(stream.number(), stream);
        write(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, stream.number(), 0);
        flush();
    }

    void closed(YamuxStream stream) {
        if (streams.remove(stream.number()) != null && channel().isActive()) {
            write(YamuxFrame.WINDOW_UPDATE, YamuxFrame.FIN, stream.number(), 0);
            flush();
        }
    }

    void write(int type, int flags, int stream, long length) {
        ByteBuf bytes = context().alloc().directBuffer(YamuxFrame.HEADER);
        YamuxFrame.write(bytes, type, flags, stream, length);
        write(bytes);
    }

    void write(ByteBuf bytes) {
        var _ = context().write(bytes, context().voidPromise());
    }

    void flush() {
        context().flush();
    }

    // ---- of the carrier

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        header = added.alloc().directBuffer(YamuxFrame.HEADER, YamuxFrame.HEADER);
        if (added.channel().isActive()) {
            beginKeepAlive();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        ByteBuf unused = header;
        header = null;
        if (unused != null) {
            unused.release();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        beginKeepAlive();
        active.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        loseStreams();
        inactive.fireChannelInactive();
    }

    /** A peer that is gone ends the connection; whoever called it is told by that. */
    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        var _ = from.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        if (changed.channel().isWritable()) {
            for (YamuxStream stream : List.copyOf(streams.values())) {
                stream.roomMade();
            }
        }
        changed.fireChannelWritabilityChanged();
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            while (bytes.isReadable() && from.channel().isActive()) {
                if (dataLeft > 0) {
                    takeData(bytes);
                } else {
                    takeHeader(bytes);
                }
            }
        } finally {
            bytes.release();
        }
    }

    private void takeData(ByteBuf bytes) {
        int part = (int) Math.min(dataLeft, bytes.readableBytes());
        dataLeft -= part;
        YamuxStream stream = dataTo;
        if (stream == null) {
            bytes.skipBytes(part);
            return;
        }
        stream.receive(bytes.readRetainedSlice(part));
        if (dataLeft == 0) {
            dataTo = null;
            if (dataEnds) {
                stream.peerEnds();
            }
        }
    }

    private void takeHeader(ByteBuf bytes) {
        ByteBuf collected = header;
        if (collected == null) {
            bytes.skipBytes(bytes.readableBytes());
            return;
        }
        int part = Math.min(YamuxFrame.HEADER - collected.readableBytes(), bytes.readableBytes());
        collected.writeBytes(bytes, part);
        if (collected.readableBytes() == YamuxFrame.HEADER) {
            YamuxFrame frame = YamuxFrame.read(collected);
            collected.clear();
            take(frame);
        }
    }

    private void take(YamuxFrame frame) {
        if (frame.version() != YamuxFrame.VERSION) {
            fail("version " + frame.version() + " (expected: " + YamuxFrame.VERSION + ")");
            return;
        }
        if (frame.type() != YamuxFrame.DATA || frame.length() < Http2Pace.SMALL) {
            counted.run();
        }
        switch (frame.type()) {
            case YamuxFrame.DATA, YamuxFrame.WINDOW_UPDATE -> takeOfStream(frame);
            case YamuxFrame.PING -> takePing(frame);
            case YamuxFrame.GO_AWAY -> takeGoAway(frame);
            default -> fail("a frame of type " + frame.type() + " (expected: 0 to 3)");
        }
    }

    private void takeOfStream(YamuxFrame frame) {
        if (frame.stream() == 0) {
            fail("a stream's frame without a stream");
            return;
        }
        if (frame.has(YamuxFrame.SYN) && !takeNew(frame.stream())) {
            return;
        }
        YamuxStream stream = streams.get(frame.stream());
        boolean data = frame.type() == YamuxFrame.DATA;
        if (stream == null) {
            if (stray() && data) {
                skip(frame.length());
            }
            return;
        }
        strays = 0;
        if (frame.has(YamuxFrame.RST)) {
            streams.remove(frame.stream());
            stream.lose();
            if (data) {
                skip(frame.length());
            }
            return;
        }
        boolean ends = frame.has(YamuxFrame.FIN);
        if (!data) {
            if (frame.length() > 0 && !stream.widen(frame.length())) {
                fail("a window above 32 bits");
            } else if (ends) {
                stream.peerEnds();
            }
            return;
        }
        if (!stream.allows(frame.length())) {
            fail(frame.length() + " bytes for stream " + frame.stream() + ", above its window");
            return;
        }
        stream.arriving(frame.length());
        if (frame.length() > 0) {
            dataLeft = frame.length();
            dataTo = stream;
            dataEnds = ends;
        } else if (ends) {
            stream.peerEnds();
        }
    }

    /** False if the session has failed. */
    private boolean takeNew(int id) {
        boolean odd = (id & 1) == 1;
        if (odd == (role == Role.CLIENT) || streams.containsKey(id)) {
            fail("a new stream with the number " + Integer.toUnsignedString(id));
            return false;
        }
        if (role == Role.CLIENT || streams.size() >= MOST_STREAMS) {
            if (stray()) {
                write(YamuxFrame.WINDOW_UPDATE, YamuxFrame.RST, id, 0);
                flush();
            }
            return failure == null;
        }
        YamuxStream stream = new YamuxStream(this, id, true);
        streams.put(id, stream);
        write(YamuxFrame.WINDOW_UPDATE, YamuxFrame.ACK, id, 0);
        flush();
        accepted.accept(stream);
        return true;
    }

    private void skip(long bytes) {
        dataLeft = bytes;
        dataTo = null;
    }

    /** Counts a frame that nobody waits for; false if there were too many. */
    private boolean stray() {
        if (++strays > MOST_STRAY_FRAMES) {
            fail("more than " + MOST_STRAY_FRAMES + " frames that nobody waits for");
            return false;
        }
        return true;
    }

    private void takePing(YamuxFrame frame) {
        if (frame.has(YamuxFrame.ACK)) {
            pingAnswered = true;
        } else if (channel().isWritable()) {
            write(YamuxFrame.PING, YamuxFrame.ACK, 0, frame.length());
            flush();
        } else {
            stray();
        }
    }

    private void takeGoAway(YamuxFrame frame) {
        peerGoesAway = true;
        if (frame.length() != YamuxFrame.NORMAL) {
            failure = "the peer ended the session with code " + frame.length();
            loseStreams();
            var _ = context().close();
        }
    }

    private void beginKeepAlive() {
        if (!keepAlive.isZero() && !keptAlive) {
            keptAlive = true;
            pingLater();
        }
    }

    private void pingLater() {
        var _ =
                channel()
                        .eventLoop()
                        .schedule(this::ping, keepAlive.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void ping() {
        if (!channel().isActive()) {
            return;
        }
        if (!pingAnswered) {
            fail("no answer to a ping within " + keepAlive);
            return;
        }
        pingAnswered = false;
        write(YamuxFrame.PING, YamuxFrame.SYN, 0, ++pings);
        flush();
        pingLater();
    }

    private void fail(String why) {
        if (failure == null) {
            failure = why;
        }
        end(YamuxFrame.PROTOCOL_ERROR);
    }

    private void end(int code) {
        write(YamuxFrame.GO_AWAY, 0, 0, code);
        flush();
        loseStreams();
        var _ = context().close();
    }

    private void loseStreams() {
        peerGoesAway = true;
        List<YamuxStream> lost = new ArrayList<>(streams.values());
        streams.clear();
        lost.forEach(YamuxStream::lose);
    }

    /** The end of the session, for messages. */
    public String describeEnd() {
        String why = failure;
        return why == null ? new ClosedChannelException().toString() : "yamux: " + why;
    }
}
