package io.saya.io;

import com.google.protobuf.ByteString;
import io.saya.log.Log;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Moves one output stream of a process from the guest to where it goes. */
final class OutputPump {
    private static final Log LOG = Log.of("stdio");

    /** First and least size of a read; it grows while reads come back full. */
    private static final int MIN_READ = 64 << 10;

    /** One of the two reads of {@link GuestStreams}. */
    @FunctionalInterface
    interface GuestOutput {
        ByteString read(int max) throws IOException;
    }

    private final String name;
    private final OutputSink sink;
    private final CompletableFuture<Void> read = new CompletableFuture<>();
    private final CompletableFuture<Void> settled = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closed;

    /**
     * @param name for messages, e.g. {@code stdout of web}
     */
    OutputPump(String name, OutputSink sink) {
        this.name = name;
        this.sink = sink;
    }

    /** Completes when the guest's side has ended. */
    CompletableFuture<Void> read() {
        return read;
    }

    /** Completes when {@link #ended} does, or when only a client's return would lead there. */
    CompletableFuture<Void> settled() {
        return settled;
    }

    /** Completes when all output is handed over and the sink is closed. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    /** Lets the sink prepare; all streams of the process are open. */
    void begin() {
        sink.begin();
    }

    /** Starts to read, in a virtual thread. */
    void start(GuestOutput guest) {
        Thread.ofVirtual().name(name).start(() -> run(guest));
    }

    private void run(GuestOutput guest) {
        try {
            boolean wanted = readAll(guest);
            read.complete(null);
            if (wanted) {
                sink.finish(() -> settled.complete(null));
            }
        } catch (IOException e) {
            warnUnlessClosed(e);
        } catch (RuntimeException e) {
            LOG.error("output was cut off by a fault", "stream", name, "error", e);
        } finally {
            sink.close();
            complete();
        }
    }

    /** Writes a chunk; false if the sink takes no more bytes. */
    private boolean readAll(GuestOutput guest) {
        boolean wanted = true;
        int want = MIN_READ;
        while (!closed) {
            ByteString chunk;
            try {
                chunk = guest.read(want);
            } catch (IOException e) {
                LOG.debug("output ended with an error", "stream", name, "error", e);
                break;
            }
            if (chunk.isEmpty()) {
                break;
            }
            want = next(want, chunk.size());
            wanted = wanted && write(chunk);
        }
        return wanted;
    }

    /**
     * Asking for a megabyte costs the guest that much memory per stream, so only those who fill
     * their reads get it.
     */
    private static int next(int want, int got) {
        if (got >= want) {
            return Math.min(2 * want, ProcessStdio.MAX_READ);
        }
        return got <= want / 4 ? Math.max(want / 2, MIN_READ) : want;
    }

    /**
     * When the sink is lost (a full disk, a logger that died), output is read on and thrown away:
     * what happens to a log must not stop the program.
     */
    private boolean write(ByteString chunk) {
        try {
            sink.write(chunk);
            return true;
        } catch (IOException e) {
            warnUnlessClosed(e);
            return false;
        }
    }

    private void warnUnlessClosed(IOException e) {
        if (!closed) {
            LOG.warn("output is lost", "stream", name, "error", e);
        }
    }

    /** Frees the sink where it is stuck; reads in the guest end by other means. */
    void close() {
        closed = true;
        sink.close();
    }

    /** Ends a pump that was never started. */
    void complete() {
        read.complete(null);
        settled.complete(null);
        ended.complete(null);
    }
}
