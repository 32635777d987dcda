package io.saya.shim.event;

import com.google.protobuf.Empty;
import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.EventsService;
import io.saya.proto.containerd.events.ForwardRequest;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * containerd's event service on a real socket: takes events as containerd does, and can be started
 * and stopped like it. What it took outlives a stop.
 */
public final class FakeContainerd implements EventsService, AutoCloseable {
    private static final long LIMIT_SECONDS = 20;

    private final Transport transport;
    private final Path socket;
    private final Predicate<Envelope> refuses;
    private final List<Envelope> events = new ArrayList<>();
    private TtrpcServer server;

    private FakeContainerd(Transport transport, Path socket, Predicate<Envelope> refuses)
            throws IOException, InterruptedException {
        this.transport = transport;
        this.socket = socket;
        this.refuses = refuses;
        this.server = serve();
    }

    public static FakeContainerd start(Transport transport, Path socket)
            throws IOException, InterruptedException {
        return new FakeContainerd(transport, socket, envelope -> false);
    }

    static FakeContainerd refusing(Transport transport, Path socket, Predicate<Envelope> refuses)
            throws IOException, InterruptedException {
        return new FakeContainerd(transport, socket, refuses);
    }

    @Override
    public Empty forward(CallContext context, ForwardRequest request) throws TtrpcStatusException {
        Envelope envelope = request.getEnvelope();
        if (refuses.test(envelope)) {
            throw new TtrpcStatusException(StatusCode.INVALID_ARGUMENT, "refused by the test");
        }
        synchronized (events) {
            events.add(envelope);
            events.notifyAll();
        }
        return Empty.getDefaultInstance();
    }

    /** Goes away, with all connections. */
    void stop() {
        server.close();
    }

    /** Comes back after {@link #stop}. */
    void restart() throws IOException, InterruptedException {
        server = serve();
    }

    private TtrpcServer serve() throws IOException, InterruptedException {
        return TtrpcServer.builder(transport).service(EventsService.bind(this)).listen(socket);
    }

    /** Waits until so many events came. */
    public List<Envelope> awaitEvents(int count) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (events) {
            while (events.size() < count) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError(
                            events.size() + " events came (expected: " + count + ")");
                }
                TimeUnit.NANOSECONDS.timedWait(events, left);
            }
            return List.copyOf(events);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
