package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saya.lifecycle.Pace;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.ttrpc.StatusCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How releases of Kata's agent answer reads of output, and that not a byte of it is lost. */
@Timeout(60)
class AgentOutputTest {

    private static final int MAX = 64 << 10;
    private static final Duration LONG =
            AgentOutput.LEFT_OVER_LIMIT.plus(ExitSigns.CLOSE_STDIN_LIMIT).plusSeconds(1);

    @TempDir Path directory;

    private ScriptedStreams agent;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    AgentOutputTest() {}

    @BeforeEach
    void start() throws Exception {
        agent = new ScriptedStreams(directory);
    }

    @AfterEach
    void stop() {
        agent.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.5.0", "3.2.0", "3.6.0", "3.7.0", "3.26.0"})
    void whatCameBeforeTheExitIsReadAfterItsReadWasCutOff(String version) throws Exception {
        agent.stdout.error("eof").data("abc").error("read meet eof");

        assertThat(all(agent.streams(version))).isEqualTo("abc");
    }

    @Test
    void aBacktraceBehindTheTextChangesNothing() throws Exception {
        agent.stdout
                .error("eof\n\nStack backtrace:\n   0: anyhow::error\n")
                .data("abc")
                .error("read meet eof\n\nStack backtrace:\n   0: anyhow::error\n");

        assertThat(all(agent.streams("3.2.0"))).isEqualTo("abc");
    }

    @Test
    void aReadThatCloseStdinCutOffGoesOnWithoutALimit() throws Exception {
        AgentStreams streams = agent.streams("3.2.0");
        streams.closeStdin();
        agent.stdout.error("eof").after(LONG).data("late").error("eof").error("read meet eof");

        assertThat(all(streams)).isEqualTo("late");
    }

    @Test
    void afterTheExitNoStreamIsReadForLongerThanTheLimit() throws Exception {
        AgentStreams streams = agent.streams("3.2.0");
        streams.closeStdin();
        // CloseStdin's, then the exit's. Some other process holds both pipes.
        agent.stdout.error("eof").error("eof");
        CompletableFuture<String> stderr = CompletableFuture.supplyAsync(() -> errors(streams));

        long begun = System.nanoTime();
        assertThat(all(streams)).isEmpty();
        assertThat(stderr.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isGreaterThanOrEqualTo(AgentOutput.LEFT_OVER_LIMIT);
    }

    @Test
    void laterAgentsCutOffNoReadAtCloseStdin() throws Exception {
        AgentStreams streams = agent.streams("3.7.0");
        streams.closeStdin();
        agent.stdout.error("eof");

        assertThat(all(streams)).isEmpty();
    }

    @Test
    void aGuestThatCutsOffEveryReadIsNotAskedForEver() {
        for (int i = 0; i < 1000; i++) {
            agent.stdout.error("eof");
        }

        assertThatThrownBy(() -> all(agent.streams("3.2.0")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cut off 9 times");
    }

    @ParameterizedTest
    @CsvSource({
        "1.13.0, UNKNOWN, read /dev/ptmx: input/output error",
        "2.0.0, INTERNAL, read  meet eof",
        "3.2.0, INTERNAL, read meet eof",
        "4.1.0, INTERNAL, Input/output error (os error 5)",
        "3.2.0, INTERNAL, Invalid container id",
        "3.25.0, NOT_FOUND, process e1",
        "4.0.0, INVALID_ARGUMENT, invalid container id",
    })
    void theseAreTheEnd(String version, StatusCode code, String text) throws Exception {
        agent.stdout.data("abc").error(code, text);

        assertThat(all(agent.streams(version))).isEqualTo("abc");
    }

    @Test
    void withAgentsSince327NoDataIsTheEnd() throws Exception {
        agent.stdout.data("abc").data("");

        assertThat(all(agent.streams("3.27.0"))).isEqualTo("abc");
    }

    @Test
    void withThe20AgentNoDataMeansLater() throws Exception {
        agent.stdout.data("").data("abc").data("").error("read  meet eof");

        assertThat(all(agent.streams("2.0.1"))).isEqualTo("abc");
    }

    @Test
    void whatIsNoEndIsALoss() {
        agent.stdout.data("abc").error("Cannot allocate memory (os error 12)");

        assertThatThrownBy(() -> all(agent.streams("3.2.0")))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "ReadStdout of e1 in container c1: Cannot allocate memory (os error 12)");
    }

    @Test
    void aReadIsFreedByClose() throws Exception {
        AgentStreams streams = agent.streams("3.2.0");
        CompletableFuture<String> stderr = CompletableFuture.supplyAsync(() -> errors(streams));
        agent.stdout.data("abc");
        assertThat(streams.readStdout(MAX).toStringUtf8()).isEqualTo("abc");

        streams.close();

        assertThat(stderr.get(20, TimeUnit.SECONDS)).endsWith("given up");
    }

    private static String all(AgentStreams streams) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteString piece = streams.readStdout(MAX);
        while (!piece.isEmpty()) {
            text.append(piece.toStringUtf8());
            piece = streams.readStdout(MAX);
        }
        return text.toString();
    }

    private static String errors(AgentStreams streams) {
        try {
            return streams.readStderr(MAX).toStringUtf8();
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Each read costs the host the same, however little it brings. */
    @Test
    void aGuestThatSendsByteByByteIsReadAtItsPace() throws Exception {
        ExitSigns signs = new ExitSigns(Set.of());
        Pace pace = new Pace(10, 100);
        AgentOutput bytes = answering(1, signs, pace);
        AgentOutput large = answering(MAX, signs, pace);
        long begin = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            assertThat(bytes.read(MAX).size()).isEqualTo(1);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isGreaterThan(Duration.ofMillis(450));
        begin = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            assertThat(large.read(MAX).size()).isEqualTo(MAX);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(450));
    }

    private static AgentOutput answering(int bytes, ExitSigns signs, Pace pace) {
        ReadStreamResponse response =
                ReadStreamResponse.newBuilder()
                        .setData(ByteString.copyFrom(new byte[bytes]))
                        .build();
        return new AgentOutput(
                "ReadStdout",
                (_, _, _) -> CompletableFuture.completedFuture(response),
                signs,
                Set.of(),
                pace);
    }
}
