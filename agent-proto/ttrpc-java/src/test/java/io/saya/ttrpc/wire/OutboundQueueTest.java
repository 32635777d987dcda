package io.saya.ttrpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboundQueueTest {
    private static final long LIMIT = 1 << 20;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<String> fates = new ArrayList<>();
    private final OutboundQueue queue =
            new OutboundQueue(channel, new FrameWriter(), LIMIT, () -> fates.add("room"));

    /** A data frame that writes down what becomes of it. */
    private final class Frame extends OutboundFrame {
        private final int streamId;
        private final BytesValue message;

        Frame(int streamId, int size) {
            this.streamId = streamId;
            this.message = BytesValue.of(ByteString.copyFrom(new byte[size]));
        }

        int length() {
            return message.getSerializedSize();
        }

        @Override
        protected boolean beforeWrite() {
            return streamId != 0;
        }

        @Override
        protected void writeTo(FrameWriter writer) throws IOException {
            if (streamId < 0) {
                throw new IOException("frame " + streamId + " cannot be written");
            }
            writer.data(streamId, (byte) 0, message);
        }

        @Override
        protected void discarded() {
            fates.add("discarded " + streamId);
        }
    }

    private boolean offer(int streamId, int size) {
        Frame frame = new Frame(streamId, size);
        boolean reserved = queue.tryReserve(frame, frame.length());
        if (reserved) {
            queue.add(frame);
        }
        return reserved;
    }

    private List<String> written() {
        FrameRecorder recorder = new FrameRecorder();
        EmbeddedChannel reader = new EmbeddedChannel(new FrameDecoder(recorder));
        for (ByteBuf piece = channel.readOutbound();
                piece != null;
                piece = channel.readOutbound()) {
            reader.writeInbound(piece);
        }
        return recorder.lines().stream()
                .map(line -> line.substring(0, line.indexOf(' ', 6)))
                .toList();
    }

    @Test
    void framesLeaveInTheOrderInWhichTheyWereAdded() {
        for (int i = 1; i <= 5; i++) {
            assertThat(offer(i, 10)).isTrue();
        }
        assertThat(queue.bytes()).isPositive();
        channel.runPendingTasks();
        assertThat(written())
                .containsExactly("frame 1", "frame 2", "frame 3", "frame 4", "frame 5");
        assertThat(queue.bytes()).isZero();
        assertThat(fates).containsOnly("room");
    }

    @Test
    void whatIsNoLongerWantedIsLeftOut() {
        offer(1, 10);
        offer(0, 10);
        offer(3, 10);
        channel.runPendingTasks();
        assertThat(written()).containsExactly("frame 1", "frame 3");
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void theBoundHoldsButAnEmptyQueueTakesOneFrameOfAnySize() {
        assertThat(offer(1, 2 << 20)).isTrue();
        assertThat(offer(3, 1)).isFalse();
        channel.runPendingTasks();
        assertThat(offer(3, 700_000)).isTrue();
        assertThat(offer(5, 700_000)).isFalse();
        channel.runPendingTasks();
        assertThat(written()).containsExactly("frame 1", "frame 3");
    }

    /**
     * A flush may tell of the channel's writability, which drains the queue within the draining of
     * it.
     */
    @Test
    void roomIsGivenBackOnceEvenIfWritingCausesMoreWriting() {
        channel.pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelWritabilityChanged(ChannelHandlerContext context) {
                                queue.drain();
                            }
                        });
        for (int i = 1; i <= 10; i++) {
            assertThat(offer(i, 90_000)).isTrue();
        }
        channel.runPendingTasks();
        assertThat(written()).hasSize(10);
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void aFrameThatCannotBeWrittenEndsTheConnectionAndWhatFollowsIsDiscarded() {
        offer(1, 10);
        offer(-1, 10);
        offer(3, 100_000);
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        queue.close();
        offer(5, 10);
        channel.runPendingTasks();
        assertThat(fates).contains("discarded 3", "discarded 5");
        assertThatThrownBy(channel::checkException)
                .hasMessageContaining("frame -1 cannot be written");
    }
}
