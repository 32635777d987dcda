package io.saya.ttrpc;

import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server and clients on a Unix socket in a directory of its own. */
abstract class LoopbackTest {
    /** Long enough for a busy machine; expiry means that something hangs. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    static final CallOptions OPTIONS = CallOptions.timeout(PATIENCE);

    @TempDir Path directory;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private Transport transport;
    private final RecordingObserver observer = new RecordingObserver();

    @SuppressWarnings("NullAway.Init") // The transport is set before each test.
    LoopbackTest() {}

    @BeforeEach
    void openTransport() {
        transport = Transport.open("test-io");
        open.push(transport);
    }

    @AfterEach
    void closeAll() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    Transport transport() {
        return transport;
    }

    RecordingObserver observer() {
        return observer;
    }

    Path socket() {
        return directory.resolve("s");
    }

    TtrpcServer serve(EchoBinding.Echo service) throws Exception {
        return closedAfterwards(builder(service).listen(socket()));
    }

    TtrpcServer.Builder builder(EchoBinding.Echo service) {
        return TtrpcServer.builder(transport).service(new EchoBinding(service)).observer(observer);
    }

    TtrpcClient connect() throws Exception {
        return closedAfterwards(
                TtrpcClient.connect(
                        transport,
                        Endpoint.unix(socket()),
                        ClientOptions.connectWithin(PATIENCE).observedBy(observer)));
    }

    /** Registers something to be closed when the test is over, the latest first. */
    <T extends AutoCloseable> T closedAfterwards(T resource) {
        open.push(resource);
        return resource;
    }
}
