package io.saya.task;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import io.saya.io.HeldStdio;
import io.saya.io.HeldStream;
import io.saya.io.ProcessStdio;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Streams that end at once. */
public class NoStdio implements ProcessStdio {

    private final CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    private final CompletableFuture<Void> read;
    private volatile boolean closed;

    public NoStdio() {
        this(CompletableFuture.completedFuture(null));
    }

    /** With output that ends when the caller says. */
    NoStdio(CompletableFuture<Void> read) {
        this.read = read;
    }

    @Override
    public void attach(GuestStreams guest) {}

    @Override
    public void closeStdin() {}

    @Override
    public CompletableFuture<Void> outputRead() {
        return read;
    }

    @Override
    public CompletableFuture<Void> outputWritten() {
        return read;
    }

    @Override
    public CompletableFuture<Void> outputEnded() {
        return done;
    }

    @Override
    public HeldStdio hold() {
        HeldStream ended = new HeldStream(HeldStream.Stage.ENDED, 0, ByteString.EMPTY);
        return new HeldStdio(ended, ended, false, false);
    }

    @Override
    public void finish(Duration limit) {}

    @Override
    public void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }
}
