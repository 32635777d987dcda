package io.saya.ttrpc;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The open connections of a server, and the steps in which they end; on the event loop only. */
final class ServerConnections {
    private final Set<ServerConnection> open = new HashSet<>();
    private @Nullable Promise<Void> idle;

    int size() {
        return open.size();
    }

    void add(ServerConnection connection) {
        open.add(connection);
        if (idle != null) {
            connection.drain();
        }
    }

    void remove(ServerConnection connection) {
        open.remove(connection);
        onIdle();
    }

    /** Lets no connection begin another call; completes when all have answered those they have. */
    void drain(Promise<Void> done) {
        idle = done;
        open.forEach(ServerConnection::drain);
        onIdle();
    }

    /** A connection has answered its last call, or has gone. */
    void onIdle() {
        if (idle != null && open.stream().allMatch(ServerConnection::isIdle)) {
            idle.trySuccess(null);
        }
    }

    List<ServerConnection> all() {
        return new ArrayList<>(open);
    }

    void cancelCalls() {
        open.forEach(connection -> connection.cancelCalls(CancelReason.SHUTDOWN));
    }

    /** Completes when every byte that was to be sent is with the kernel. */
    void flush(EventExecutor executor, Promise<Void> done) {
        PromiseCombiner combiner = new PromiseCombiner(executor);
        for (ServerConnection connection : open) {
            combiner.add((Future<?>) connection.flush());
        }
        combiner.finish(done);
    }

    void close() {
        List<ServerConnection> all = new ArrayList<>(open);
        all.forEach(ServerConnection::close);
    }
}
