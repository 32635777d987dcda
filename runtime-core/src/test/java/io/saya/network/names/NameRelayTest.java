package io.saya.network.names;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.host.SpawnSpec;
import io.saya.host.guard.RealGuard;
import io.saya.network.QueuedStreams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the real guard, in a network namespace without a name server. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class NameRelayTest {
    private static final Duration SHORT = Duration.ofMillis(500);

    /** The smallest question there is: a length of nothing, and whose it is. */
    private static final int FRAME = 4;

    private static final int MANY = 16 * 1024 / FRAME;

    @TempDir Path directory;

    /** The process asks 5,000 in one go and 500 a second: these are a minute's. */
    @Test
    void questionsThatAreNotTakenInTimeEndIt() throws Exception {
        QueuedStreams guest = new QueuedStreams();
        for (int asked = 0; asked < 100_000; asked += MANY) {
            guest.said.add(ByteString.copyFrom(new byte[MANY * FRAME]));
        }
        try (RealGuard guard = new RealGuard(directory);
                NameRelay relay = relay(guard, guest)) {
            assertThat(guest.closed.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(relay.held().integer("pid")).isPresent();
        }
    }

    /** Questions may be as rare as they like. */
    @Test
    void aGuestThatAsksNothingKeepsItsRelay() throws Exception {
        QueuedStreams guest = new QueuedStreams();
        try (RealGuard guard = new RealGuard(directory);
                NameRelay relay = relay(guard, guest)) {
            guest.said.add(ByteString.copyFrom(new byte[FRAME]));
            assertThat(guest.closed.await(4 * SHORT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
            assertThat(relay.held().integer("pid")).isPresent();
        }
    }

    private NameRelay relay(RealGuard guard, QueuedStreams guest) throws Exception {
        return NameRelay.start(
                guard.host(),
                SpawnSpec.NEW_NETWORK_NAMESPACE,
                directory,
                "sandbox",
                address -> guest,
                SHORT);
    }
}
