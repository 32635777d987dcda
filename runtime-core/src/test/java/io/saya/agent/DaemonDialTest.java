package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.ScriptedVsockDaemon.Line;
import io.saya.agent.ScriptedVsockDaemon.Part;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Patience;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest is reached through a vsock daemon, whatever that does with connections made too early.
 */
@Timeout(60)
class DaemonDialTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Part HANGS_UP = Line::hangUp;
    private static final Part SILENT = _ -> {};
    private static final Part AGENT = Line::agent;

    @TempDir Path directory;
    private final Transport transport = Transport.open("test");
    private final AtomicInteger taken = new AtomicInteger();

    @AfterEach
    void close() {
        transport.close();
    }

    private Path socket() {
        return directory.resolve("host");
    }

    private ScriptedVsockDaemon daemon(Part... parts) throws IOException {
        return new ScriptedVsockDaemon(socket(), List.of(parts));
    }

    private static Patience lasting(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        return () -> System.nanoTime() - end > 0;
    }

    private Agent connect(Patience patience) {
        return new KataConnector(transport, new GrpcLibrary(directory), LONG, TtrpcObserver.NONE)
                .connect(
                        new AgentEndpoint.HybridVsock(socket(), ScriptedVsockDaemon.PORT),
                        new ChannelSigns(new CompletableFuture<>(), taken::incrementAndGet),
                        patience);
    }

    private void isReached() {
        try (Agent agent = connect(lasting(LONG))) {
            agent.check(LONG);
        }
        assertThat(taken).hasValue(1);
    }

    @Test
    void aDaemonThatHangsUpIsAskedAgainAtOnce() throws Exception {
        long begun = System.nanoTime();
        try (ScriptedVsockDaemon daemon = daemon(HANGS_UP, HANGS_UP, HANGS_UP, HANGS_UP, AGENT)) {
            isReached();
            assertThat(daemon.connections()).isEqualTo(5);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void anAttemptThatIsLostWithoutAWordCostsATenthOfItsPatienceAndNoMore() throws Exception {
        CompletableFuture<Line> lost = new CompletableFuture<>();
        try (ScriptedVsockDaemon daemon = daemon(HANGS_UP, lost::complete, AGENT)) {
            isReached();
            assertThat(daemon.connections()).isEqualTo(3);
            // It has not been hung up on: the answer may be on its way.
            lost.get().say("OK 1024\n");
            assertThat(lost.get().readsEnd()).isTrue();
        }
    }

    @Test
    void anAnswerThatIsLateFindsItsAttemptStillThere() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        Part late =
                line -> {
                    // Later than another attempt is made, by no clock.
                    if (second.await(20, TimeUnit.SECONDS)) {
                        line.agent();
                    }
                };
        try (ScriptedVsockDaemon daemon = daemon(late, _ -> second.countDown(), SILENT)) {
            isReached();
            assertThat(daemon.connections()).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void garbageIsNoAnswerAndTheNextAttemptIs() throws Exception {
        Part garbage = line -> line.say("HTTP/1.1 400 Bad Request\r\n\r\n");
        Part endless = line -> line.say("OK " + "1".repeat(4000));
        try (ScriptedVsockDaemon daemon = daemon(garbage, endless, AGENT)) {
            isReached();
            assertThat(daemon.connections()).isEqualTo(3);
        }
    }

    @Test
    void aGuestThatNeverListensIsToldOfWithWhatTheDaemonDid() throws Exception {
        try (ScriptedVsockDaemon daemon = daemon(HANGS_UP)) {
            assertThatThrownBy(() -> connect(lasting(Duration.ofMillis(300))))
                    .isInstanceOf(RuntimeFailure.class)
                    .hasMessageContaining("hvsock:" + socket() + ":1024")
                    .hasMessageContaining("nothing listens on that port")
                    .hasMessageContaining("attempts, 0 of them without an answer");
            assertThat(daemon.connections()).isGreaterThan(1);
        }
        assertThat(taken).hasValue(0);
    }

    @Test
    void attemptsWithoutAnAnswerDoNotPileUp() throws Exception {
        try (ScriptedVsockDaemon daemon = daemon(SILENT)) {
            DaemonDial dial = new DaemonDial(this::attempt, Duration.ofMillis(1));
            assertThatThrownBy(() -> dial.dial(lasting(Duration.ofSeconds(2))))
                    .isInstanceOf(ConnectionFailure.class)
                    .hasMessageContaining("no answer to CONNECT (")
                    .hasMessageContaining("8 of them without an answer");
            assertThat(daemon.connections()).isEqualTo(DaemonDial.AT_ONCE);
        }
    }

    @Test
    void aGuestThatListensAndSaysNothingWasReached() throws Exception {
        try (ScriptedVsockDaemon daemon = daemon(line -> line.say("OK 1024\n"))) {
            assertThatThrownBy(() -> connect(lasting(Duration.ofSeconds(2))))
                    .isInstanceOf(RuntimeFailure.class)
                    .hasMessageContaining("Check");
            assertThat(daemon.connections()).isEqualTo(1);
        }
        assertThat(taken).hasValue(1);
    }

    @Test
    void whoIsInterruptedDialsNoMore() throws Exception {
        try (ScriptedVsockDaemon daemon = daemon(SILENT)) {
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            Thread dialer =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            connect(() -> false).close();
                                        } catch (RuntimeFailure e) {
                                            ended.complete(e);
                                        }
                                    });
            dialer.interrupt();
            assertThat(ended.get(20, TimeUnit.SECONDS)).hasMessageContaining("interrupted");
            assertThat(daemon.connections()).isLessThanOrEqualTo(1);
        }
    }

    private UnaryClient attempt() throws ConnectionFailure, InterruptedException {
        return TtrpcClient.connect(
                transport,
                Endpoint.hybridVsock(socket(), ScriptedVsockDaemon.PORT),
                ClientOptions.connectWithin(Duration.ofDays(1)));
    }
}
