package io.saya.grpc.carrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Http2PaceTest {
    private static final int DATA = 0;
    private static final int PING = 6;

    private int counted;
    private final EmbeddedChannel channel = new EmbeddedChannel(new Http2Pace(() -> counted++));

    private static ByteBuf frame(int type, int length) {
        return Unpooled.buffer()
                .writeMedium(length)
                .writeByte(type)
                .writeByte(0)
                .writeInt(0)
                .writeZero(length);
    }

    /** However they are cut: a header may come in two reads, and many frames in one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 9, 10, 17, 4096})
    void framesAreFoundInAnyPieces(int piece) {
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < 20; i++) {
            all.writeBytes(frame(PING, 8)).writeBytes(frame(DATA, 5000));
        }
        int bytes = all.readableBytes();
        while (all.isReadable()) {
            channel.writeInbound(all.readBytes(Math.min(piece, all.readableBytes())));
        }
        assertThat(counted).isEqualTo(20);
        int passed = 0;
        for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
            passed += next.readableBytes();
            next.release();
        }
        assertThat(passed).isEqualTo(bytes);
    }

    @Test
    void onlyDataThatBringsSomethingIsFree() {
        channel.writeInbound(frame(DATA, Http2Pace.SMALL));
        assertThat(counted).isZero();
        channel.writeInbound(frame(DATA, Http2Pace.SMALL - 1));
        channel.writeInbound(frame(DATA, 0));
        channel.writeInbound(frame(0xee, 16_000));
        channel.writeInbound(frame(PING, 8));
        assertThat(counted).isEqualTo(4);
    }
}
