package io.saya.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.QmpFailure.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class QmpConnectionTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final QmpCommand STATUS = new QmpCommand("query-status");

    private final BlockingQueue<QmpEvent> events = new LinkedBlockingQueue<>();

    @TempDir Path directory;

    private FakeQmpPeer peer;
    private QmpConnection connection;

    @BeforeEach
    void connect() throws IOException {
        peer = new FakeQmpPeer(directory.resolve("qmp.sock"));
        connection = QmpConnection.open(peer.socket(), "test", events::add);
    }

    @AfterEach
    void disconnect() throws IOException {
        connection.close();
        peer.close();
    }

    @Test
    void commandsAreSentAfterTheHandshake() throws Exception {
        CompletableFuture<JsonValue> early =
                connection.submit(
                        new QmpCommand("qom-get", JsonObject.builder().put("path", "/x").build()));
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            JsonObject command = qemu.receive();
            assertThat(command.string("execute")).contains("qom-get");
            assertThat(command.object("arguments").orElseThrow().string("path")).contains("/x");
            qemu.reply(command, new JsonString("value"));
            assertThat(early.get(30, TimeUnit.SECONDS)).isEqualTo(new JsonString("value"));
        }
    }

    @Test
    void repliesFindTheirCommandsInAnyOrder() throws Exception {
        CompletableFuture<JsonValue> first = connection.submit(new QmpCommand("first"));
        CompletableFuture<JsonValue> second = connection.submit(new QmpCommand("second"));
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            JsonObject one = qemu.receive();
            JsonObject two = qemu.receive();
            assertThat(one.get("id")).isNotEqualTo(two.get("id"));
            qemu.reply(two, new JsonString("2"));
            qemu.reply(one, new JsonString("1"));
            assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(new JsonString("1"));
            assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(new JsonString("2"));
        }
    }

    @Test
    void aRefusalIsTheCommandsAlone() throws Exception {
        CompletableFuture<JsonValue> refused = connection.submit(new QmpCommand("device_add"));
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            qemu.send(
                    "{\"id\": "
                            + qemu.receive().get("id")
                            + ", \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n");
            assertFails(refused, Kind.REFUSED, "QMP device_add refused: no (GenericError)");
            qemu.serve(_ -> JsonObject.EMPTY);
            assertThat(connection.execute(STATUS, LONG)).isEqualTo(JsonObject.EMPTY);
        }
    }

    @Test
    void eventsComeInOrder() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            JsonObject data = JsonObject.builder().put("reason", "guest-panic").build();
            qemu.event("STOP", JsonObject.EMPTY);
            qemu.event("SHUTDOWN", data);
            qemu.send("{\"event\": \"RESUME\", \"timestamp\": {}}\n");
            assertThat(events.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(new QmpEvent("STOP", JsonObject.EMPTY));
            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo(new QmpEvent("SHUTDOWN", data));
            assertThat(events.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(new QmpEvent("RESUME", JsonObject.EMPTY));
        }
    }

    @Test
    void aPeerThatNeverGreetsCostsNoMoreThanTheDeadline() throws Exception {
        try (FakeQmpPeer.Client _ = peer.accept()) {
            assertThatExceptionOfType(QmpFailure.class)
                    .isThrownBy(() -> connection.execute(STATUS, SHORT))
                    .withMessage(
                            "QMP query-status: no answer within 100 ms (QEMU is stopped, hangs or"
                                    + " the host is overloaded)")
                    .extracting(QmpFailure::kind)
                    .isEqualTo(Kind.TIMED_OUT);
        }
    }

    @Test
    void aLateReplyIsNobodys() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            assertThatExceptionOfType(QmpFailure.class)
                    .isThrownBy(() -> connection.execute(STATUS, SHORT));
            JsonObject late = qemu.receive();
            qemu.reply(late, new JsonString("late"));
            qemu.serve(_ -> new JsonString("in time"));
            assertThat(connection.execute(STATUS, LONG)).isEqualTo(new JsonString("in time"));
        }
    }

    @Test
    void commandsForADeafPeerAreBounded() throws Exception {
        List<CompletableFuture<JsonValue>> waiting = new ArrayList<>();
        try (FakeQmpPeer.Client _ = peer.accept()) {
            for (int i = 0; i < QmpConnection.MAX_QUEUED; i++) {
                waiting.add(connection.submit(STATUS));
            }
            assertFails(
                    connection.submit(STATUS),
                    Kind.OVERLOADED,
                    "QMP query-status: 64 commands wait to be sent (QEMU is stopped or hangs)");
        }
        for (CompletableFuture<JsonValue> one : waiting) {
            assertFails(one, Kind.DISCONNECTED, "QMP query-status: QEMU closed the QMP connection");
        }
    }

    @Test
    void commandsWithoutAnAnswerAreBounded() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            for (int i = 0; i < QmpConnection.MAX_PENDING; i++) {
                var _ = connection.submit(STATUS);
                assertThat(qemu.receive().string("execute")).contains("query-status");
            }
            assertFails(
                    connection.submit(STATUS),
                    Kind.OVERLOADED,
                    "QMP query-status: 256 commands have no answer (QEMU is stopped or hangs)");
        }
    }

    @Test
    void aPeerThatDiesFailsWhatWaitsAndWhatComes() throws Exception {
        CompletableFuture<JsonValue> waiting = connection.submit(STATUS);
        peer.acceptAndGreet().close();
        assertFails(waiting, Kind.DISCONNECTED, null);
        assertThat(connection.ended().get(30, TimeUnit.SECONDS).kind())
                .isEqualTo(Kind.DISCONNECTED);
        assertFails(connection.submit(STATUS), Kind.DISCONNECTED, null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\n",
                "[]\n",
                "{}\n",
                "{\"return\": {}}\n",
                "{\"return\": {}, \"id\": \"x\"}\n",
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"cannot parse\"}}\n",
                "{\"error\": 5, \"id\": 1}\n",
                "{\"event\": {}}\n",
                "{\"event\": \"STOP\", \"data\": []}\n",
                "\0\0\0\0\n",
            })
    void nonsenseEndsTheConnection(String nonsense) throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            CompletableFuture<JsonValue> waiting = connection.submit(STATUS);
            qemu.send(nonsense);
            assertFails(waiting, Kind.PROTOCOL, null);
            assertThat(connection.ended().get(30, TimeUnit.SECONDS))
                    .hasMessageContaining("not QMP");
        }
    }

    @Test
    void answersThatNobodyWaitsForEndTheConnection() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            for (int i = 0; i <= QmpConnection.MAX_UNWANTED + 1; i++) {
                qemu.send("{\"return\": {}, \"id\": 77777}\r\n");
            }
            assertThat(connection.ended().get(30, TimeUnit.SECONDS))
                    .hasMessageContaining("answers that nobody waits for");
        } catch (IOException e) {
            assertThat(connection.ended()).isDone();
        }
    }

    /** Each costs a read, or less, and brings nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"\r\n", "\n", FakeQmpPeer.GREETING})
    void linesThatSayNothingEndTheConnection(String line) throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            // The answer to the handshake is one already.
            qemu.send(line.repeat(QmpConnection.MAX_UNWANTED - 1));
            qemu.serve(_ -> JsonObject.EMPTY);
            assertThat(connection.execute(STATUS, LONG)).isEqualTo(JsonObject.EMPTY);
            qemu.send(line);
            assertThat(connection.ended().get(30, TimeUnit.SECONDS))
                    .hasMessageContaining("lines without a word");
        }
    }

    @Test
    void eventsThatAreLongAreAsMany() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            JsonObject data = JsonObject.builder().put("text", "x".repeat(200_000)).build();
            try {
                for (int i = 0; i < QmpConnection.EVENT_BURST / 10; i++) {
                    qemu.event("RTC_CHANGE", data);
                }
            } catch (IOException e) {
                // Our end was closed while the peer was writing, which is the point.
            }
            QmpFailure cause = connection.ended().get(30, TimeUnit.SECONDS);
            assertThat(cause.kind()).isEqualTo(Kind.FLOOD);
            assertThat(events.size()).isLessThan(QmpConnection.EVENT_BURST / 100);
        }
    }

    @Test
    void anEndlessLineEndsTheConnection() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            String chunk = "x".repeat(64 * 1024);
            try {
                while (!connection.ended().isDone()) {
                    qemu.send(chunk);
                }
            } catch (IOException e) {
                // Our end was closed while the peer was writing, which is the point.
                assertThat(connection.ended()).isDone();
            }
            assertThat(connection.ended().get(30, TimeUnit.SECONDS))
                    .hasMessage("not QMP: line of more than 262144 bytes");
        }
    }

    /** What QEMU keeps for a reader that is slow is the host's memory. */
    @Test
    void eventsWithoutEndEndTheConnection() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            try {
                for (int i = 0; i < 10 * QmpConnection.EVENT_BURST; i++) {
                    qemu.event("GUEST_CRASHLOADED", JsonObject.EMPTY);
                }
            } catch (IOException e) {
                // Our end was closed while the peer was writing, which is the point.
            }
            QmpFailure cause = connection.ended().get(30, TimeUnit.SECONDS);
            assertThat(cause.kind()).isEqualTo(Kind.FLOOD);
            assertThat(cause).hasMessageContaining("at last GUEST_CRASHLOADED");
            assertThat(events.size())
                    .isBetween(QmpConnection.EVENT_BURST, 2 * QmpConnection.EVENT_BURST);
        }
    }

    @Test
    void aListenerThatThrowsEndsTheConnection() throws Exception {
        try (FakeQmpPeer second = new FakeQmpPeer(directory.resolve("second.sock"));
                QmpConnection fragile =
                        QmpConnection.open(
                                second.socket(),
                                "fragile",
                                _ -> {
                                    throw new IllegalStateException("listener");
                                });
                FakeQmpPeer.Client qemu = second.acceptAndGreet()) {
            qemu.event("STOP", JsonObject.EMPTY);
            assertThat(fragile.ended().get(30, TimeUnit.SECONDS).kind()).isEqualTo(Kind.PROTOCOL);
        }
    }

    @Test
    void interruptingOneCallerDisturbsNobody() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            CompletableFuture<Throwable> interrupted = new CompletableFuture<>();
            Thread caller =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            var _ = connection.execute(STATUS, LONG);
                                        } catch (QmpFailure e) {
                                            interrupted.complete(e);
                                        }
                                    });
            assertThat(qemu.receive().string("execute")).contains("query-status");
            caller.interrupt();
            assertThat(interrupted.get(30, TimeUnit.SECONDS))
                    .hasMessage("QMP query-status: interrupted while waiting");
            qemu.serve(_ -> new JsonString("still here"));
            assertThat(connection.execute(STATUS, LONG)).isEqualTo(new JsonString("still here"));
        }
    }

    @Test
    void closingFailsWhatWaits() throws Exception {
        CompletableFuture<JsonValue> waiting = connection.submit(STATUS);
        connection.close();
        connection.close();
        assertFails(waiting, Kind.DISCONNECTED, "QMP query-status: QMP connection closed by us");
    }

    @Test
    void manyCallersShareAConnection() throws Exception {
        try (FakeQmpPeer.Client qemu = peer.acceptAndGreet()) {
            qemu.serve(JsonString::new);
            List<Thread> callers = new ArrayList<>();
            BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
            for (int i = 0; i < 20; i++) {
                String name = "command-" + i;
                callers.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            for (int n = 0; n < 50; n++) {
                                                check(name, wrong);
                                            }
                                        }));
            }
            for (Thread caller : callers) {
                assertThat(caller.join(LONG)).isTrue();
            }
            assertThat(wrong).isEmpty();
        }
    }

    @Test
    void aSocketWithoutAListenerIsAnError() throws Exception {
        Path nobody = directory.resolve("nobody.sock");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> QmpConnection.open(nobody, "test", events::add).close())
                .withMessageStartingWith("connect " + nobody + ": ");
    }

    private void check(String name, BlockingQueue<String> wrong) {
        try {
            JsonValue reply = connection.execute(new QmpCommand(name), LONG);
            if (!reply.equals(new JsonString(name))) {
                wrong.add(name + " got " + reply);
            }
        } catch (QmpFailure e) {
            wrong.add(name + ": " + e.getMessage());
        }
    }

    private static void assertFails(
            CompletableFuture<JsonValue> reply, Kind kind, @Nullable String message) {
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> reply.get(30, TimeUnit.SECONDS))
                .havingCause()
                .isInstanceOfSatisfying(
                        QmpFailure.class,
                        failure -> {
                            assertThat(failure.kind()).isEqualTo(kind);
                            if (message != null) {
                                assertThat(failure).hasMessage(message);
                            }
                        });
    }
}
