package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Streams of an exec: named by Exec, opened by Start, as containerd's own shims do it. A client may
 * rely on that: {@code ctr} registers what sends CloseIO after Exec has returned, and one whose
 * input has ended by then, which it can only have if somebody opened the FIFO, never sends it.
 */
public final class DeferredStdio implements ProcessStdio {
    /** Why nobody else can go on with a process of this kind. */
    public static final String NOT_STARTED = "it was added and is not started";

    private final Supplier<ProcessStdio> opener;
    private final CompletableFuture<Void> outputRead = new CompletableFuture<>();
    private final CompletableFuture<Void> outputWritten = new CompletableFuture<>();
    private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();

    // Nothing that blocks is called under the lock.
    @GuardedBy("this")
    private @Nullable ProcessStdio opened;

    @GuardedBy("this")
    private boolean stdinClosed;

    @GuardedBy("this")
    private boolean closed;

    /**
     * @param opener opens the streams; called once at most
     */
    public DeferredStdio(Supplier<ProcessStdio> opener) {
        this.opener = opener;
    }

    /**
     * Opens the streams. To be called once, before {@link #attach}.
     *
     * @throws io.saya.failure.RuntimeFailure as {@link StdioOpener#open}
     */
    public void open() {
        ProcessStdio streams = opener.get();
        boolean late;
        boolean withoutStdin;
        synchronized (this) {
            opened = streams;
            late = closed;
            withoutStdin = stdinClosed;
        }
        if (withoutStdin) {
            streams.closeStdin();
        }
        if (late) {
            streams.close();
        }
        forward(streams.outputRead(), outputRead);
        forward(streams.outputWritten(), outputWritten);
        forward(streams.outputEnded(), outputEnded);
    }

    @Override
    public void attach(GuestStreams guest) {
        ProcessStdio streams = opened();
        if (streams == null) {
            throw new IllegalStateException("streams attached before they were opened");
        }
        streams.attach(guest);
    }

    @Override
    public HeldStdio standing() {
        ProcessStdio streams = opened();
        if (streams == null) {
            throw RuntimeFailure.failedPrecondition(NOT_STARTED);
        }
        return streams.standing();
    }

    @Override
    public @Nullable HeldStdio hold() {
        ProcessStdio streams = opened();
        return streams == null ? null : streams.hold();
    }

    @Override
    public void release() {
        ProcessStdio streams = opened();
        if (streams != null) {
            streams.release();
        }
    }

    @Override
    public void closeStdin() {
        ProcessStdio streams;
        synchronized (this) {
            stdinClosed = true;
            streams = opened;
        }
        if (streams != null) {
            streams.closeStdin();
        }
    }

    @Override
    public CompletableFuture<Void> outputRead() {
        return outputRead;
    }

    @Override
    public CompletableFuture<Void> outputWritten() {
        return outputWritten;
    }

    @Override
    public CompletableFuture<Void> outputEnded() {
        return outputEnded;
    }

    @Override
    public void finish(Duration limit) {
        ProcessStdio streams = opened();
        if (streams != null) {
            streams.finish(limit);
        }
        close();
    }

    @Override
    public void close() {
        ProcessStdio streams;
        synchronized (this) {
            closed = true;
            streams = opened;
        }
        if (streams != null) {
            streams.close();
        } else {
            outputRead.complete(null);
            outputWritten.complete(null);
            outputEnded.complete(null);
        }
    }

    private synchronized @Nullable ProcessStdio opened() {
        return opened;
    }

    /** Streams never complete these exceptionally. */
    private static void forward(CompletableFuture<Void> from, CompletableFuture<Void> to) {
        var _ = from.thenRun(() -> to.complete(null));
    }
}
