package io.saya.ttrpc.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.saya.ttrpc.wire.MethodName;
import io.saya.ttrpc.wire.RequestEnvelope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One frame that is right in two protocols, and the answers to it. */
class SerialGreetingTest {

    /** Length, stream 1, a request, and its envelope: service "S", method "M". */
    private static final String REQUEST = "00000006" + "00000001" + "0100" + "0a0153" + "12014d";

    private static final String YAMUX_ANSWER = "000200020000000001007a8b";

    private final List<String> told = new ArrayList<>();
    private final EmbeddedChannel channel =
            new EmbeddedChannel(
                    new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelInactive(ChannelHandlerContext context) {
                            told.add("inactive");
                        }
                    });

    SerialGreetingTest() {
        SerialGreeting.start(
                channel,
                handed -> told.add("handed over, read: " + handed.config().isAutoRead()),
                ImmediateEventExecutor.INSTANCE.newPromise());
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private byte[] written(String hex) {
        channel.writeOutbound(bytes(hex));
        ByteBuf out = channel.readOutbound();
        byte[] all = ByteBufUtil.getBytes(out);
        out.release();
        return all;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }

    @Test
    void toTtrpcItIsTheRequest() throws Exception {
        byte[] frame = written(REQUEST);
        assertThat(ByteBufUtil.hexDump(frame, 0, 10)).isEqualTo("00020001" + "00000001" + "0100");
        assertThat(frame).hasSize(10 + 0x20001);
        byte[] body = new byte[0x20001];
        System.arraycopy(frame, 10, body, 0, body.length);
        RequestEnvelope envelope = new RequestEnvelope();
        envelope.read(body);
        assertThat(envelope.names(MethodName.of("S", "M"))).isTrue();
        assertThat(envelope.payloadLength()).isZero();
    }

    @Test
    void toYamuxItIsAPingAndDataForAStreamThatThereIsNot() {
        byte[] frame = written(REQUEST);
        // Version 0, type 2, SYN; a value.
        assertThat(ByteBufUtil.hexDump(frame, 0, 12))
                .isEqualTo("00020001" + "00000001" + "01007a8b");
        // Version 0, type 0, no flags, the stream; so many bytes as are left.
        assertThat(ByteBufUtil.hexDump(frame, 12, 12))
                .isEqualTo("00000000" + "7fffffff" + String.format("%08x", frame.length - 24));
    }

    @Test
    void whatIsWrittenLaterIsLeftAsItIs() {
        written(REQUEST);
        assertThat(ByteBufUtil.hexDump(written(REQUEST))).isEqualTo(REQUEST);
    }

    @Test
    void withAnAnswerOfYamuxsTheConnectionGoesToOthersHoweverItComes() {
        written(REQUEST);
        for (int i = 0; i < YAMUX_ANSWER.length(); i += 2) {
            assertThat(told).isEmpty();
            channel.writeInbound(bytes(YAMUX_ANSWER.substring(i, i + 2)));
        }
        assertThat(told).containsExactly("handed over, read: false", "inactive");
        assertThat(channel.isActive()).isTrue();
        assertThat(channel.pipeline().first()).isNull();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void bytesBehindAnAnswerOfYamuxsEndTheConnection() {
        written(REQUEST);
        channel.writeInbound(bytes(YAMUX_ANSWER + "00"));
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void anyOtherAnswerIsPassedOnToItsLastByte() {
        written(REQUEST);
        // An answer of 131074 bytes that begins as yamux's does.
        channel.writeInbound(bytes("000200"));
        channel.writeInbound(bytes("0200000001" + "0200"));
        channel.writeInbound(bytes("ff"));
        StringBuilder passed = new StringBuilder();
        for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
            passed.append(ByteBufUtil.hexDump(part));
            part.release();
        }
        assertThat(passed).hasToString("00020002" + "00000001" + "0200" + "ff");
        assertThat(channel.isActive()).isTrue();
        assertThat(channel.pipeline().get(SerialGreeting.class)).isNull();
    }
}
