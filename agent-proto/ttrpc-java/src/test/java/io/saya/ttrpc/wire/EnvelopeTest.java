package io.saya.ttrpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Envelopes are compared with bytes worked out by hand from the protocol's field numbers. */
class EnvelopeTest {
    private static final MethodName METHOD = MethodName.of("a.B", "C");
    private static final HexFormat HEX = HexFormat.of();

    private interface Writing {
        void on(FrameWriter writer) throws IOException;
    }

    private static String written(Writing writing) throws IOException {
        EmbeddedChannel channel = new EmbeddedChannel();
        FrameWriter writer = new FrameWriter();
        writer.begin(channel, 1 << 20);
        writing.on(writer);
        writer.end();
        channel.flushOutbound();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf piece = channel.readOutbound();
                piece != null;
                piece = channel.readOutbound()) {
            assertThat(piece.readableBytes()).isLessThanOrEqualTo(FrameWriter.PIECE);
            all.writeBytes(piece);
            piece.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return HEX.formatHex(bytes);
    }

    @Test
    void aRequestHasNamesPayloadTimeoutAndMetadata() throws Exception {
        Metadata metadata = Metadata.of("K", "v");
        assertThat(written(w -> w.request(7, (byte) 2, METHOD, 300, metadata, StringValue.of("x"))))
                .isEqualTo(
                        "00000018"
                                + "00000007"
                                + "01"
                                + "02"
                                + "0a03"
                                + "612e42"
                                + "1201"
                                + "43"
                                + "1a03"
                                + "0a0178"
                                + "20ac02"
                                + "2a06"
                                + "0a016b"
                                + "120176")
                .hasSize(
                        2
                                * (10
                                        + FrameWriter.requestLength(
                                                METHOD, 300, metadata, StringValue.of("x"))));
    }

    @Test
    void anEmptyMessageIsAnAbsentField() throws Exception {
        StringValue empty = StringValue.getDefaultInstance();
        assertThat(written(w -> w.request(1, (byte) 0, METHOD, 0, Metadata.EMPTY, empty)))
                .isEqualTo(
                        "00000008" + "00000001" + "01" + "00" + "0a03" + "612e42" + "1201" + "43");
        assertThat(written(w -> w.response(1, empty))).isEqualTo("00000000" + "00000001" + "0200");
        assertThat(written(w -> w.data(1, (byte) 0, empty)))
                .isEqualTo("00000000" + "00000001" + "0300");
    }

    @Test
    void responsesCarryAMessageOrAStatus() throws Exception {
        assertThat(written(w -> w.response(3, StringValue.of("x"))))
                .isEqualTo("00000005" + "00000003" + "0200" + "1203" + "0a0178");
        assertThat(written(w -> w.failure(3, 5, "no")))
                .isEqualTo("00000008" + "00000003" + "0200" + "0a06" + "0805" + "12026e6f");
    }

    @Test
    void aLargeMessageLeavesInSeveralPieces() throws Exception {
        StringValue large = StringValue.of("y".repeat(200_000));
        assertThat(written(w -> w.data(1, (byte) 0, large)))
                .hasSize(2 * (10 + large.getSerializedSize()))
                .endsWith("79".repeat(200_000));
    }

    @Test
    void aBatchThatWasGivenUpLeavesNothingForTheNext() throws Exception {
        EmbeddedChannel channel = new EmbeddedChannel();
        FrameWriter writer = new FrameWriter();
        writer.begin(channel, 100);
        writer.response(1, StringValue.of("lost"));
        writer.abort();
        writer.begin(channel, 100);
        writer.data(3, (byte) 0, null);
        writer.end();
        channel.flushOutbound();
        ByteBuf piece = channel.readOutbound();
        assertThat(piece.readableBytes()).isEqualTo(10);
        piece.release();
    }

    private static RequestEnvelope request(String hex) throws MalformedEnvelopeException {
        RequestEnvelope envelope = new RequestEnvelope();
        envelope.read(HEX.parseHex(hex));
        return envelope;
    }

    @Test
    void aRequestIsReadInAnyOrderOfItsFieldsAndUnknownOnesAreSkipped() throws Exception {
        RequestEnvelope envelope =
                request(
                        "2a06"
                                + "12017a"
                                + "0a014b" // metadata, value before key
                                + "20ffffffffffffffffff01" // timeout -1
                                + "7801"
                                + "7d00000000"
                                + "79"
                                + "0000000000000000"
                                + "7a00" // field 15
                                + "1a02"
                                + "aabb"
                                + "1201"
                                + "43"
                                + "0a03"
                                + "612e42");
        assertThat(envelope.names(METHOD)).isTrue();
        assertThat(envelope.nameHash()).isEqualTo(METHOD.hashCode());
        assertThat(envelope.service()).isEqualTo("a.B");
        assertThat(envelope.method()).isEqualTo("C");
        assertThat(envelope.timeoutNanos()).isEqualTo(-1);
        assertThat(envelope.payloadLength()).isEqualTo(2);
        assertThat(envelope.metadata()).isEqualTo(Metadata.of("k", "z"));
        assertThat(envelope.names(MethodName.of("a.BC", "x"))).isFalse();
        assertThat(envelope.names(MethodName.of("a.B", "D"))).isFalse();
    }

    @Test
    void oneEnvelopeServesMessagesOneAfterTheOther() throws Exception {
        RequestEnvelope envelope = request("0a0161120162" + "2005" + "2a00" + "1a0100");
        envelope.read(new byte[0]);
        assertThat(envelope.service()).isEmpty();
        assertThat(envelope.timeoutNanos()).isZero();
        assertThat(envelope.payloadLength()).isZero();
        assertThat(envelope.metadata().size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0a", // length missing
                "0a0561", // longer than the message
                "0affffffff0f", // negative as an int
                "0affffffffffffffffff01", // negative as a long
                "20ffffffffffffffffffff01", // number of 11 bytes
                "00", // field number 0
                "7900", // eight bytes announced, one there
                "7b", // group
                "2a020a05", // pair longer than itself
            })
    void whatIsNoRequestIsRefused(String hex) {
        assertThatThrownBy(() -> request(hex)).isInstanceOf(MalformedEnvelopeException.class);
    }

    @Test
    void aResponseIsReadWithItsStatusAndItsMessage() throws Exception {
        ResponseEnvelope envelope = new ResponseEnvelope();
        byte[] bytes = HEX.parseHex("0a08" + "1202" + "6e6f" + "0805" + "1a00" + "1201" + "ff");
        envelope.read(bytes);
        assertThat(envelope.code()).isEqualTo(5);
        assertThat(envelope.message()).isEqualTo("no");
        assertThat(envelope.payloadOffset()).isEqualTo(12);
        assertThat(envelope.payloadLength()).isEqualTo(1);
        envelope.read(new byte[0]);
        assertThat(envelope.code()).isZero();
        assertThat(envelope.message()).isEmpty();
        assertThat(envelope.payloadLength()).isZero();
    }

    @Test
    void aPeersErrorTextIsCut() throws Exception {
        String hex = written(w -> w.failure(1, 2, "e".repeat(100_000)));
        ResponseEnvelope envelope = new ResponseEnvelope();
        envelope.read(HEX.parseHex(hex.substring(20)));
        assertThat(envelope.message()).hasSize(8192);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noiseIsRefusedOrReadButNeverAnythingElse(long seed) {
        Random random = new Random(seed);
        RequestEnvelope request = new RequestEnvelope();
        ResponseEnvelope response = new ResponseEnvelope();
        for (int i = 0; i < 5_000; i++) {
            byte[] noise = new byte[random.nextInt(40)];
            random.nextBytes(noise);
            try {
                request.read(noise);
                assertThat(request.payloadOffset() + request.payloadLength())
                        .isLessThanOrEqualTo(Math.max(noise.length, request.payloadOffset()));
                assertThat(request.service()).isNotNull();
                assertThat(request.metadata()).isNotNull();
            } catch (MalformedEnvelopeException e) {
                assertThat(e).hasMessageContaining("at byte");
            }
            try {
                response.read(noise);
            } catch (MalformedEnvelopeException e) {
                assertThat(e).hasMessageContaining("at byte");
            }
        }
    }

    @Test
    void metadataKeepsOrderAndRepetitionAndLowersKeys() {
        Metadata metadata = Metadata.of("A", "1").with("b", "2").with("a", "3");
        assertThat(metadata.all("a")).containsExactly("1", "3");
        assertThat(metadata.first("B")).contains("2");
        assertThat(metadata.first("c")).isEmpty();
        assertThat(metadata).hasToString("[a, b, a]");
    }

    @Test
    void namesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> MethodName.of("", "m")).hasMessageContaining("service name ''");
        assertThatThrownBy(() -> MethodName.of("s", "m".repeat(128)))
                .hasMessageContaining("128 bytes (expected: 1 to 127)");
    }
}
