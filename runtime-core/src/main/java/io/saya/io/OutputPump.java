package io.saya.io;

import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HeldEnd;
import io.saya.io.HeldStream.Stage;
import io.saya.log.Log;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Moves one output stream of a process from the guest to where it goes. */
final class OutputPump {
    private static final Log LOG = Log.of("stdio");

    /** First and usual size of a read; it grows while reads come back full. */
    private static final int MIN_READ = 16 << 10;

    /** One of the two reads of {@link GuestStreams}. */
    @FunctionalInterface
    interface GuestOutput {
        /**
         * Reads.
         *
         * @param position where the answer begins, counted from 1; 0: behind the last one
         * @param done how many bytes nobody will ask for again
         */
        ByteString read(int max, long position, long done) throws IOException;
    }

    private final String name;
    private final OutputSink sink;
    private final StreamRoom.Share room;
    private final CompletableFuture<Void> read = new CompletableFuture<>();
    private final CompletableFuture<Void> written = new CompletableFuture<>();
    private final CompletableFuture<Void> settled = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closed;

    /** Null while something of it is on its way from the guest to the sink. */
    private volatile @Nullable Stage stage;

    private volatile int want;

    // Both are written before the stage, and read behind it.

    /** Where the next answer begins, counted from 1; 0 of a stream that is not read by position. */
    private long position;

    /** What the guest was told last of how much is where it belongs. */
    private long done;

    /**
     * @param name for messages, e.g. {@code stdout of web}
     * @param room what it may hold: a piece that is read while another is written
     * @param from where another daemon has left it
     */
    OutputPump(String name, OutputSink sink, StreamRoom.Share room, HeldStream from) {
        this.name = name;
        this.sink = sink;
        this.room = room;
        this.stage = from.stage();
        this.want = from.asked();
        this.position = from.position();
        this.done = from.done();
    }

    /**
     * Writes nothing from now on until {@link #release}. The answer of the guest to what it is
     * asked must not come meanwhile.
     *
     * @return null while something is on its way
     */
    @Nullable HeldStream hold() {
        Stage now = stage;
        ByteString kept = now == null || now == Stage.ENDED ? ByteString.EMPTY : sink.hold();
        if (now == null || kept == null || stage != now) {
            return null;
        }
        boolean asked = now == Stage.READING;
        return new HeldStream(
                now,
                asked ? want : 0,
                asked ? position : 0,
                asked ? done : 0,
                kept,
                now == Stage.ENDED ? HeldEnd.NONE : end());
    }

    /**
     * Tells what another daemon needs to know of it if this one dies, but for how far it has come.
     *
     * @param attached whether it moves
     */
    HeldStream standing(boolean attached) {
        String obstacle = sink.output().obstacle();
        if (!obstacle.isEmpty()) {
            throw RuntimeFailure.failedPrecondition(obstacle);
        }
        return new HeldStream(
                attached ? Stage.READING : Stage.NEW, 0, 0, 0, ByteString.EMPTY, end());
    }

    private HeldEnd end() {
        return sink.output().end();
    }

    /** Goes on after {@link #hold}. */
    void release() {
        sink.release();
    }

    /** Completes when the guest's side has ended. */
    CompletableFuture<Void> read() {
        return read;
    }

    /** Completes when all output is where the client reads it, or the pump has ended. */
    CompletableFuture<Void> written() {
        return written;
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

    /**
     * Starts to read, in a virtual thread.
     *
     * @param byPosition whether the guest keeps what is not where it belongs
     */
    void start(GuestOutput guest, boolean byPosition) {
        sink.output().begin();
        if (byPosition && position == 0 && sink.output().isKept()) {
            done = sink.output().written();
            position = done + 1;
        }
        Thread.ofVirtual().name(name).start(() -> run(guest));
    }

    private void run(GuestOutput guest) {
        try {
            if (stage == Stage.ENDED) {
                return;
            }
            boolean wanted = stage == Stage.FINISHING || readAll(guest);
            stage = Stage.FINISHING;
            read.complete(null);
            if (wanted) {
                sink.finish(() -> written.complete(null), () -> settled.complete(null));
            }
        } catch (IOException e) {
            warnUnlessClosed(e);
        } catch (RuntimeException e) {
            LOG.error("output was cut off by a fault", "stream", name, "error", e);
        } finally {
            sink.close();
            room.end();
            complete();
        }
    }

    /** Writes a chunk; false if the sink takes no more bytes. */
    private boolean readAll(GuestOutput guest) {
        boolean wanted = true;
        int first = room.resize(want == 0 ? MIN_READ : want);
        // What was asked by another daemon is asked as it was, to get the answer to that.
        boolean again = want != 0;
        want = again ? want : first;
        while (!closed) {
            ByteString chunk;
            try {
                if (position > 0 && !again) {
                    done = sink.output().written();
                }
                again = false;
                stage = Stage.READING;
                chunk = guest.read(want, position, done);
                stage = null;
            } catch (IOException e) {
                LOG.debug("output ended with an error", "stream", name, "error", e);
                break;
            }
            if (chunk.isEmpty()) {
                break;
            }
            if (position > 0) {
                position += chunk.size();
            }
            wanted = wanted && write(chunk);
            if (!wanted && position > 0) {
                sink.output().lost(position - 1);
            }
            want = room.resize(next(want, chunk.size()));
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
        stage = Stage.ENDED;
        read.complete(null);
        written.complete(null);
        settled.complete(null);
        ended.complete(null);
    }
}
