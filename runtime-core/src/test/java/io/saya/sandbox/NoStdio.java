package io.saya.sandbox;

import io.saya.io.GuestStreams;
import io.saya.io.ProcessStdio;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Streams that end at once. */
final class NoStdio implements ProcessStdio {

    private final CompletableFuture<Void> done = CompletableFuture.completedFuture(null);

    @Override
    public void attach(GuestStreams guest) {}

    @Override
    public void closeStdin() {}

    @Override
    public CompletableFuture<Void> outputRead() {
        return done;
    }

    @Override
    public CompletableFuture<Void> outputEnded() {
        return done;
    }

    @Override
    public void finish(Duration limit) {}

    @Override
    public void close() {}
}
