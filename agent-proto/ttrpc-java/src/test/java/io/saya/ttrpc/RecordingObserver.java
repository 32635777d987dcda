package io.saya.ttrpc;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told, for tests that wait for it. */
final class RecordingObserver implements TtrpcObserver {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void connectionOpened(ConnectionInfo connection) {
        events.add("opened " + connection.number());
    }

    @Override
    public void connectionRefused(ConnectionInfo connection, String reason) {
        events.add("refused " + connection.number() + ": " + reason);
    }

    @Override
    public void connectionClosed(ConnectionInfo connection, @Nullable Throwable cause) {
        events.add(
                "closed " + connection.number() + (cause == null ? "" : ": " + cause.getMessage()));
    }

    @Override
    public void handlerFailed(CallContext context, Throwable failure) {
        events.add("failed " + context.method() + ": " + failure);
    }

    @Override
    public void responseDropped(int streamId) {
        events.add("dropped " + streamId);
    }

    /** Waits for the first event that begins so, passing over others. */
    String await(String prefix) throws InterruptedException {
        long deadline = System.nanoTime() + LoopbackTest.PATIENCE.toNanos();
        for (String event = poll(deadline); event != null; event = poll(deadline)) {
            if (event.startsWith(prefix)) {
                return event;
            }
        }
        throw new AssertionError("no event '" + prefix + "' within " + LoopbackTest.PATIENCE);
    }

    private @Nullable String poll(long deadline) throws InterruptedException {
        return events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
}
