package io.saya.ttrpc.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A port with what somebody else has left in it, before the first answer. */
class LeftPortTest {
    private static final String BODY = "0a0153" + "12014d";
    private static final String STREAM = "12345679";
    private static final String ANSWER = "00000002" + STREAM + "0200" + "0800";

    private EmbeddedChannel channel = left();

    private static EmbeddedChannel left() {
        EmbeddedChannel channel = new EmbeddedChannel(new LeftPort());
        channel.writeOutbound(bytes("00000006" + STREAM + "0100" + BODY));
        return channel;
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }

    private String outbound() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            all.append(ByteBufUtil.hexDump(out));
            out.release();
        }
        return all.toString();
    }

    private String inbound() {
        StringBuilder all = new StringBuilder();
        for (ByteBuf in = channel.readInbound(); in != null; in = channel.readInbound()) {
            all.append(ByteBufUtil.hexDump(in));
            in.release();
        }
        return all.toString();
    }

    @Test
    void theFirstRequestGoesTwiceAndNoOtherDoes() {
        assertThat(outbound())
                .isEqualTo(
                        "00000006"
                                + "00000001"
                                + "0100"
                                + BODY
                                + "00000006"
                                + STREAM
                                + "0100"
                                + BODY);
        channel.writeOutbound(bytes("00000006" + "1234567b" + "0100" + BODY));
        assertThat(outbound()).isEqualTo("00000006" + "1234567b" + "0100" + BODY);
    }

    @Test
    void allBeforeTheAnswerIsThrownAway() {
        // The end of a frame, a whole one, the answer to the same request on stream 1.
        channel.writeInbound(bytes("ffffffff00"));
        channel.writeInbound(bytes("00000001" + "0000000b" + "0200" + "aa"));
        channel.writeInbound(bytes("00000002" + "00000001" + "0200" + "0800"));
        assertThat(inbound()).isEmpty();
        channel.writeInbound(bytes(ANSWER));
        channel.writeInbound(bytes("00000001"));
        assertThat(inbound()).isEqualTo(ANSWER + "00000001");
    }

    @Test
    void theAnswerIsFoundHoweverItIsCutAndWhateverStandsBefore() {
        Random random = new Random(7);
        for (int round = 0; round < 2000; round++) {
            channel.finishAndReleaseAll();
            channel = left();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            all.writeBytes(garbage);
            // The begin of the header, once more and cut: what matches so far is not lost.
            byte[] answer = ByteBufUtil.decodeHexDump(ANSWER);
            all.write(answer, 0, random.nextInt(9));
            all.writeBytes(answer);
            byte[] sent = all.toByteArray();
            for (int at = 0; at < sent.length; ) {
                int piece = Math.min(1 + random.nextInt(20), sent.length - at);
                channel.writeInbound(Unpooled.copiedBuffer(sent, at, piece));
                at += piece;
            }
            assertThat(inbound()).as(ByteBufUtil.hexDump(sent)).isEqualTo(ANSWER);
        }
    }

    @Test
    void whatOnlyLooksLikeTheAnswerIsNone() {
        channel.writeInbound(bytes("00000002" + STREAM + "0100" + "0800")); // a request
        channel.writeInbound(bytes("00004001" + STREAM + "0200" + "0800")); // too long
        channel.writeInbound(bytes("ffffffff" + STREAM + "0200" + "0800"));
        assertThat(inbound()).isEmpty();
        channel.writeInbound(bytes(ANSWER));
        assertThat(inbound()).isEqualTo(ANSWER);
    }

    @Test
    void aFloodEndsTheConnection() {
        byte[] flood = new byte[64 << 10];
        long sent = 0;
        try {
            while (channel.isActive() && sent < 2L * LeftPort.MOST) {
                channel.writeInbound(Unpooled.wrappedBuffer(flood));
                sent += flood.length;
            }
        } catch (Exception e) {
            assertThat(e).hasMessageContaining("none of them the answer to the first request");
        }
        assertThat(channel.isActive()).isFalse();
        assertThat(sent).isBetween((long) LeftPort.MOST, LeftPort.MOST + 2L * flood.length);
        assertThat(inbound()).isEmpty();
    }

    @Test
    void streamsToBeginWithAreOddAndRoomIsLeftBehindThem() {
        for (int i = 0; i < 10_000; i++) {
            int stream = LeftPort.firstStream();
            assertThat(stream).isBetween(1 << 20, 1 << 29);
            assertThat(stream & 1).isOne();
        }
    }
}
