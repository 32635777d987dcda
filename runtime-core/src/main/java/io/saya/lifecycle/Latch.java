package io.saya.lifecycle;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A moment that comes once, for those who wait for it. It cannot be asked whether it has come: what
 * holds now is told by states, and no code decides by a latch. Thread safe.
 */
public final class Latch {

    private final CompletableFuture<Void> moment = new CompletableFuture<>();

    /** Says that the moment has come, and wakes who waits. Only the first call counts. */
    public void open() {
        moment.complete(null);
    }

    /** Waits for the moment; at most for {@code limit}. */
    public Waited<Void> await(Duration limit) {
        return Waited.on(moment, limit);
    }

    /** Completes, never exceptionally, when the moment has come. */
    public CompletionStage<Void> opened() {
        return moment.minimalCompletionStage();
    }
}
