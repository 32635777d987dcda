package io.saya.ttrpc.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameDecoderTest {
    private final FrameRecorder recorder = new FrameRecorder();
    private final FrameDecoder decoder = new FrameDecoder(recorder);
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    private void receive(String hex) {
        receive(HexFormat.ofDelimiter(" ").parseHex(hex));
    }

    private void receive(byte[] bytes) {
        ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
        channel.writeInbound(buffer);
        assertThat(buffer.refCnt()).as("buffers are released").isZero();
        assertThat(channel.<Object>readInbound()).as("nothing is passed on").isNull();
    }

    @Test
    void aFrameIsDeliveredWithItsLastByteAndNotBefore() {
        receive("00 00 00 03 00 00 00 01 01 02 61 62");
        assertThat(recorder.lines()).isEmpty();
        receive("63");
        assertThat(recorder.lines()).containsExactly("frame 1 type 1 flags 2 [616263]");
        assertThat(decoder.unfinishedFrame()).isEmpty();
    }

    @Test
    void aFrameWithoutPayloadIsDeliveredWithItsHeader() {
        receive("00 00 00 00 ff ff ff ff 03 05");
        assertThat(recorder.lines()).containsExactly("frame 4294967295 type 3 flags 5 []");
    }

    @Test
    void severalFramesMayComeAtOnce() {
        receive(
                "00 00 00 01 00 00 00 03 02 00 0a 00 00 00 00 00 00 00 05 03 01"
                        + " 00 00 00 02 00 00 00 07 01 00 0b 0c");
        assertThat(recorder.lines())
                .containsExactly(
                        "frame 3 type 2 flags 0 [0a]",
                        "frame 5 type 3 flags 1 []",
                        "frame 7 type 1 flags 0 [0b0c]");
    }

    @Test
    void anOversizedPayloadIsReportedAtItsHeaderAndSkippedInPieces() {
        receive("00 40 00 01 00 00 00 09 01 00");
        assertThat(recorder.lines()).containsExactly("oversized 9 type 1 length 4194305");
        byte[] piece = new byte[1 << 20];
        for (int i = 0; i < 4; i++) {
            receive(piece);
        }
        assertThat(decoder.unfinishedFrame()).contains("1 bytes before its end");
        receive("ff 00 00 00 00 00 00 00 0b 02 00");
        assertThat(recorder.lines()).hasSize(2).endsWith("frame 11 type 2 flags 0 []");
    }

    @Test
    void lengthsAreUnsigned() {
        receive("ff ff ff ff 00 00 00 09 03 00");
        assertThat(recorder.lines()).containsExactly("oversized 9 type 3 length 4294967295");
    }

    @Test
    void aFrameOfUnknownTypeIsSkippedWhateverItsLength() {
        receive("00 00 00 02 00 00 00 01 04 00 aa bb 00 00 00 00 00 00 00 01 00 00");
        assertThat(recorder.lines())
                .containsExactly("unknown 1 type 4 length 2", "unknown 1 type 0 length 0");
        assertThat(decoder.unfinishedFrame()).isEmpty();
    }

    @Test
    void whereTheBytesEndIsKnown() {
        receive("00 00 00");
        assertThat(decoder.unfinishedFrame()).isEqualTo("after 3 of 10 bytes of a frame's header");
        receive("05 00 00 00 01 01 00 61 62");
        assertThat(decoder.unfinishedFrame()).isEqualTo("after 2 of 5 bytes of a frame's payload");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void framesDoNotDependOnHowTheirBytesAreCut(long seed) {
        Random random = new Random(seed);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            addRandomFrame(random, bytes, expected);
        }
        byte[] all = bytes.toByteArray();
        for (int from = 0; from < all.length; ) {
            int to =
                    Math.min(all.length, from + 1 + random.nextInt(random.nextBoolean() ? 4 : 400));
            receive(Arrays.copyOfRange(all, from, to));
            from = to;
        }
        assertThat(recorder.lines()).containsExactlyElementsOf(expected);
        assertThat(decoder.unfinishedFrame()).isEmpty();
    }

    private static void addRandomFrame(
            Random random, ByteArrayOutputStream bytes, List<String> expected) {
        byte[] payload = new byte[random.nextInt(300)];
        random.nextBytes(payload);
        int streamId = random.nextInt();
        byte type = (byte) random.nextInt(6);
        byte flags = (byte) random.nextInt(8);
        bytes.writeBytes(
                ByteBuffer.allocate(WireFormat.HEADER_LENGTH)
                        .putInt(payload.length)
                        .putInt(streamId)
                        .put(type)
                        .put(flags)
                        .array());
        bytes.writeBytes(payload);
        FrameRecorder line = new FrameRecorder();
        if (type >= WireFormat.REQUEST && type <= WireFormat.DATA) {
            line.onFrame(streamId, type, flags, payload);
        } else {
            line.onUnknownFrame(streamId, type, payload.length);
        }
        expected.addAll(line.lines());
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void noBytesMakeTheDecoderFail(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] noise = new byte[1 + random.nextInt(64)];
            random.nextBytes(noise);
            receive(noise);
        }
    }
}
