package io.saya.ttrpc.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReadPaceTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ReadPace pace = new ReadPace(new ReadGate(channel));

    @BeforeEach
    void addPace() {
        channel.pipeline().addLast(pace);
        channel.freezeTime();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void reads(int count, int bytes) {
        for (int i = 0; i < count; i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
        }
    }

    private boolean isReading() {
        return channel.config().isAutoRead();
    }

    private void pass(long nanos) {
        channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void afterABurstOfSmallReadsThereIsARestAndThenAnother() {
        reads(ReadPace.BURST, 1);
        assertThat(isReading()).isTrue();
        reads(1, 1);
        assertThat(isReading()).isFalse();
        pass(ReadPace.REST_NANOS);
        assertThat(isReading()).isTrue();
        reads(ReadPace.PER_SECOND / 100 + 1, 1);
        assertThat(isReading()).isFalse();
        pass(ReadPace.REST_NANOS);
        assertThat(isReading()).isTrue();
    }

    /** What is read in one turn of the event loop after the gate was shut counts as well. */
    @Test
    void oneRestAtATimeIsEnough() {
        reads(ReadPace.BURST + 20, 1);
        pass(ReadPace.REST_NANOS);
        assertThat(isReading()).isTrue();
    }

    @Test
    void largeReadsAreFree() {
        reads(10 * ReadPace.BURST, ReadPace.SMALL);
        assertThat(isReading()).isTrue();
    }

    @Test
    void manyFramesInOneReadAreAsASmallRead() {
        for (int i = 0; i < ReadPace.FRAMES * ReadPace.BURST; i++) {
            pace.frame();
        }
        assertThat(isReading()).isTrue();
        pace.frame();
        assertThat(isReading()).isFalse();
        pass(ReadPace.REST_NANOS);
        assertThat(isReading()).isTrue();
    }

    @Test
    void theBurstComesBackWithTime() {
        reads(ReadPace.BURST + 1, 1);
        pass(TimeUnit.HOURS.toNanos(1));
        reads(ReadPace.BURST, 1);
        assertThat(isReading()).isTrue();
    }

    @Test
    void whatIsReadGoesOn() {
        reads(2 * ReadPace.BURST, 1);
        assertThat(channel.inboundMessages()).hasSize(2 * ReadPace.BURST);
    }

    @Test
    void aPeerWhoseBytesAreSkippedWaitsForAsLongAsTheyAreTooMany() {
        pace.skip(100 << 20);
        assertThat(isReading()).isTrue();
        pace.skip(100 << 20);
        assertThat(isReading()).isFalse();
        long tooMuch =
                TimeUnit.SECONDS.toNanos(200 << 20) / ReadPace.SKIPPED_PER_SECOND
                        - ReadPace.BURST_NANOS;
        pass(tooMuch - 1);
        assertThat(isReading()).isFalse();
        pass(1);
        assertThat(isReading()).isTrue();
    }
}
