package io.saya.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.embedded.EmbeddedChannel;
import io.saya.ttrpc.wire.ReadGate;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A full inbox stops the reading, and one that has room lets it go on. */
class StreamInboxTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final StreamInbox inbox = new StreamInbox(channel.eventLoop(), new ReadGate(channel));

    private void add(int messages) {
        for (int i = 0; i < messages; i++) {
            inbox.add(new byte[1]);
        }
    }

    private void take(int messages) throws Exception {
        for (int i = 0; i < messages; i++) {
            assertThat(inbox.take(0)).hasSize(1);
        }
        channel.runPendingTasks();
    }

    private boolean reads() {
        return channel.config().isAutoRead();
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void readingStopsAtTheLimitAndResumesWellBelowIt() throws Exception {
        channel.freezeTime();
        add(63);
        assertThat(reads()).isTrue();
        add(1);
        assertThat(reads()).isFalse();
        take(47);
        assertThat(reads()).isFalse();
        take(1);
        assertThat(reads()).isTrue();
    }

    @Test
    void manyBytesStopTheReadingToo() throws Exception {
        inbox.add(new byte[1 << 20]);
        assertThat(reads()).isFalse();
        assertThat(inbox.take(0)).hasSize(1 << 20);
        channel.runPendingTasks();
        assertThat(reads()).isTrue();
    }

    @Test
    void messagesThatWereReadBeforeTheStopDoNotKeepItFromEnding() throws Exception {
        channel.freezeTime();
        add(64);
        take(40);
        add(1);
        take(25);
        assertThat(reads()).isTrue();
    }

    @Test
    void aReaderThatTakesNothingForASecondLosesTheStream() {
        channel.freezeTime();
        add(64);
        pass(999);
        assertThat(reads()).isFalse();
        pass(1);
        assertThat(reads()).isTrue();
        assertThatThrownBy(() -> inbox.take(0)).hasMessageContaining("took nothing for 1000 ms");
    }

    @Test
    void aReaderThatIsOnlySlowKeepsIt() throws Exception {
        channel.freezeTime();
        add(64);
        for (int i = 0; i < 40; i++) {
            pass(900);
            take(1);
        }
        assertThat(reads()).isFalse();
        take(8);
        assertThat(reads()).isTrue();
        pass(2000);
        take(16);
    }
}
