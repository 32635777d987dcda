package io.saya.grpc.carrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames as they go over the wire, against the table of yamux's specification. */
class YamuxSessionTest {

    private final List<YamuxStream> accepted = new ArrayList<>();
    private final List<ByteBuf> read = new ArrayList<>();

    private EmbeddedChannel carrier(YamuxSession session) {
        return new EmbeddedChannel(session);
    }

    private YamuxSession server() {
        return new YamuxSession(YamuxSession.Role.SERVER, accepted::add, Duration.ZERO);
    }

    private static ByteBuf frame(int type, int flags, int stream, long length) {
        ByteBuf bytes = Unpooled.buffer();
        YamuxFrame.write(bytes, type, flags, stream, length);
        return bytes;
    }

    private static ByteBuf data(int flags, int stream, byte[] content) {
        return frame(YamuxFrame.DATA, flags, stream, content.length).writeBytes(content);
    }

    /** All that was written, in hexadecimal digits. */
    private static String written(EmbeddedChannel carrier) {
        carrier.runPendingTasks();
        StringBuilder all = new StringBuilder();
        for (ByteBuf next = carrier.readOutbound(); next != null; next = carrier.readOutbound()) {
            all.append(ByteBufUtil.hexDump(next));
            next.release();
        }
        return all.toString();
    }

    private void register(EmbeddedChannel carrier, YamuxStream stream) {
        stream.pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                                read.add((ByteBuf) message);
                            }
                        });
        var _ = carrier.eventLoop().register(stream);
        carrier.runPendingTasks();
    }

    private int bytesRead() {
        return read.stream().mapToInt(ByteBuf::readableBytes).sum();
    }

    private YamuxStream connected(EmbeddedChannel carrier, YamuxSession session) {
        YamuxStream stream = session.open();
        register(carrier, stream);
        var _ = stream.connect(new LocalAddress("agent"));
        carrier.runPendingTasks();
        return stream;
    }

    @Test
    void aClientOpensOddStreamsAndSendsWithinTheWindow() {
        YamuxSession session = YamuxSession.client();
        EmbeddedChannel carrier = carrier(session);
        YamuxStream stream = connected(carrier, session);
        assertThat(written(carrier)).isEqualTo("000100010000000100000000");

        var _ = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
        assertThat(written(carrier)).isEqualTo("000000000000000100000003" + "010203");

        YamuxStream second = connected(carrier, session);
        assertThat(written(carrier)).isEqualTo("000100010000000300000000");
        var _ = second.close();
        assertThat(written(carrier)).isEqualTo("000100040000000300000000");
    }

    @Test
    void framesThatBringNothingAreCounted() {
        YamuxSession session = YamuxSession.client();
        int[] counted = {0};
        session.pace(() -> counted[0]++);
        EmbeddedChannel carrier = carrier(session);
        connected(carrier, session);
        carrier.writeInbound(frame(YamuxFrame.PING, YamuxFrame.SYN, 0, 1));
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, 0, 1, 1));
        carrier.writeInbound(data(0, 7, new byte[] {1})); // there is no such stream
        assertThat(counted[0]).isEqualTo(3);
        // A frame of HTTP/2 with much data.
        byte[] much = new byte[9 + 2000];
        much[1] = 2000 >> Byte.SIZE;
        much[2] = (byte) 2000;
        carrier.writeInbound(data(0, 1, much));
        assertThat(counted[0]).isEqualTo(3);
        // Pings of HTTP/2 in one frame of yamux.
        byte[] pings = new byte[17 * 100];
        for (int i = 0; i < pings.length; i += 17) {
            pings[i + 2] = 8;
            pings[i + 3] = 6;
        }
        carrier.writeInbound(data(0, 1, pings));
        assertThat(counted[0]).isEqualTo(103);
    }

    @Test
    void whatTheWindowDoesNotAllowWaitsForAnUpdate() {
        YamuxSession session = YamuxSession.client();
        EmbeddedChannel carrier = carrier(session);
        YamuxStream stream = connected(carrier, session);
        written(carrier);

        var sent = stream.writeAndFlush(Unpooled.wrappedBuffer(new byte[YamuxStream.WINDOW + 5]));
        assertThat(written(carrier).length())
                .isEqualTo(2 * (YamuxStream.WINDOW + 4 * YamuxFrame.HEADER));
        assertThat(sent.isDone()).isFalse();

        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.ACK, 1, 4));
        assertThat(written(carrier)).isEqualTo("000000000000000100000004" + "00000000");
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, 0, 1, 100));
        assertThat(written(carrier)).isEqualTo("000000000000000100000001" + "00");
        assertThat(sent.isSuccess()).isTrue();
    }

    @Test
    void aServerAcceptsReadsAndGivesTheWindowBackAsItIsRead() {
        EmbeddedChannel carrier = carrier(server());
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 1, 0));
        assertThat(written(carrier)).isEqualTo("000100020000000100000000");
        assertThat(accepted).hasSize(1);
        register(carrier, accepted.getFirst());

        carrier.writeInbound(data(0, 1, new byte[YamuxStream.WINDOW / 2 - 1]));
        assertThat(written(carrier)).isEmpty();
        carrier.writeInbound(data(0, 1, new byte[1]));
        assertThat(written(carrier)).isEqualTo("000100000000000100020000");
        assertThat(bytesRead()).isEqualTo(YamuxStream.WINDOW / 2);

        carrier.writeInbound(data(YamuxFrame.FIN, 1, new byte[] {7}));
        assertThat(bytesRead()).isEqualTo(YamuxStream.WINDOW / 2 + 1);
        assertThat(accepted.getFirst().isActive()).isFalse();
        assertThat(written(carrier)).isEqualTo("000100040000000100000000");
    }

    @Test
    void framesInPiecesAreFramesAllTheSame() {
        EmbeddedChannel carrier = carrier(server());
        ByteBuf all =
                Unpooled.wrappedBuffer(
                        frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 1, 0),
                        data(0, 1, new byte[] {1, 2, 3, 4, 5}),
                        frame(YamuxFrame.PING, YamuxFrame.SYN, 0, 0xabcdef01L));
        while (all.isReadable()) {
            carrier.writeInbound(all.readRetainedSlice(1));
            if (accepted.size() == 1 && !accepted.getFirst().isRegistered()) {
                register(carrier, accepted.getFirst());
            }
        }
        all.release();
        assertThat(bytesRead()).isEqualTo(5);
        assertThat(written(carrier)).endsWith("0002000200000000abcdef01");
    }

    @Test
    void aPingIsAnsweredWhileAStreamIsNotRead() {
        EmbeddedChannel carrier = carrier(server());
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 1, 0));
        accepted.getFirst().config().setAutoRead(false);
        register(carrier, accepted.getFirst());
        carrier.writeInbound(data(0, 1, new byte[YamuxStream.WINDOW]));
        carrier.writeInbound(frame(YamuxFrame.PING, YamuxFrame.SYN, 0, 9));
        assertThat(written(carrier)).endsWith("000200020000000000000009");
        assertThat(bytesRead()).isZero();
        accepted.getFirst().read();
        assertThat(bytesRead()).isEqualTo(YamuxStream.WINDOW);
    }

    @Test
    void moreThanTheWindowEndsTheSession() {
        YamuxSession session = server();
        EmbeddedChannel carrier = carrier(session);
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 1, 0));
        register(carrier, accepted.getFirst());
        carrier.writeInbound(frame(YamuxFrame.DATA, 0, 1, YamuxStream.WINDOW + 1));
        assertThat(written(carrier)).endsWith("000300000000000000000001");
        assertThat(carrier.isActive()).isFalse();
        assertThat(accepted.getFirst().isActive()).isFalse();
        assertThat(session.failure()).contains("above its window");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "010000000000000100000000", // version 1
                "000400000000000000000000", // type 4
                "000000000000000000000000", // data without a stream
                "000100010000000200000000", // a server's number from a client
                "000100010000000100000000000100010000000100000000" // the same stream twice
            })
    void whatIsNoYamuxEndsTheSession(String hex) {
        EmbeddedChannel carrier = carrier(server());
        carrier.writeInbound(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
        assertThat(carrier.isActive()).isFalse();
        assertThat(written(carrier)).endsWith("000300000000000000000001");
    }

    @Test
    void streamsAndStrayFramesHaveABound() {
        YamuxSession session = server();
        EmbeddedChannel carrier = carrier(session);
        for (int i = 0; i < YamuxSession.MOST_STREAMS + 1; i++) {
            carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 2 * i + 1, 0));
        }
        assertThat(accepted).hasSize(YamuxSession.MOST_STREAMS);
        assertThat(written(carrier)).endsWith("000100080000020100000000");
        for (int i = 0; i <= YamuxSession.MOST_STRAY_FRAMES && carrier.isActive(); i++) {
            carrier.writeInbound(data(0, 9999, new byte[] {1}));
        }
        assertThat(carrier.isActive()).isFalse();
        assertThat(session.failure()).contains("nobody waits for");
    }

    @Test
    void aPeerThatGoesAwayWithAnErrorEndsTheStreams() {
        YamuxSession session = YamuxSession.client();
        EmbeddedChannel carrier = carrier(session);
        YamuxStream stream = connected(carrier, session);
        carrier.writeInbound(frame(YamuxFrame.GO_AWAY, 0, 0, 1));
        carrier.runPendingTasks();
        assertThat(stream.isActive()).isFalse();
        assertThat(session.failure()).contains("code 1");
    }

    @Test
    void aResetEndsAStreamAndNoOther() {
        YamuxSession session = YamuxSession.client();
        EmbeddedChannel carrier = carrier(session);
        YamuxStream first = connected(carrier, session);
        YamuxStream second = connected(carrier, session);
        carrier.writeInbound(frame(YamuxFrame.WINDOW_UPDATE, YamuxFrame.RST, 1, 0));
        carrier.runPendingTasks();
        assertThat(first.isActive()).isFalse();
        assertThat(second.isActive()).isTrue();
        assertThat(carrier.isActive()).isTrue();
    }

    @Test
    void withoutASignOfLifeTheSessionEnds() {
        YamuxSession session =
                new YamuxSession(YamuxSession.Role.CLIENT, accepted::add, Duration.ofSeconds(30));
        EmbeddedChannel carrier = carrier(session);
        carrier.advanceTimeBy(30, TimeUnit.SECONDS);
        carrier.runScheduledPendingTasks();
        assertThat(written(carrier)).isEqualTo("000200010000000000000001");
        carrier.writeInbound(frame(YamuxFrame.PING, YamuxFrame.ACK, 0, 1));
        carrier.advanceTimeBy(30, TimeUnit.SECONDS);
        carrier.runScheduledPendingTasks();
        assertThat(written(carrier)).isEqualTo("000200010000000000000002");
        carrier.advanceTimeBy(30, TimeUnit.SECONDS);
        carrier.runScheduledPendingTasks();
        assertThat(carrier.isActive()).isFalse();
        assertThat(session.failure()).contains("no answer to a ping");
    }

    /** Whatever comes, nothing is thrown, and nothing is held beyond the streams' windows. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverComesIsBorneOrEndsTheSession(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            accepted.clear();
            EmbeddedChannel carrier = carrier(server());
            for (int i = 0; i < 40 && carrier.isActive(); i++) {
                ByteBuf bytes =
                        frame(
                                random.nextInt(50) == 0 ? random.nextInt(256) : random.nextInt(4),
                                random.nextInt(4) == 0 ? random.nextInt(65536) : 1,
                                random.nextInt(9),
                                random.nextInt(3) == 0
                                        ? random.nextInt() & 0xffff_ffffL
                                        : random.nextInt(200));
                byte[] content = new byte[random.nextInt(300)];
                random.nextBytes(content);
                carrier.writeInbound(bytes.writeBytes(content));
                for (YamuxStream stream : accepted) {
                    if (!stream.isRegistered() && stream.isOpen()) {
                        stream.config().setAutoRead(random.nextBoolean());
                        register(carrier, stream);
                    }
                }
                written(carrier);
            }
            carrier.checkException();
            read.forEach(ByteBuf::release);
            read.clear();
            carrier.finishAndReleaseAll();
        }
    }
}
