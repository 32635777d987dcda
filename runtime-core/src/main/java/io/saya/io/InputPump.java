package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Moves a process's input from its source to the guest: one thread reads, another sends. */
final class InputPump {
    private static final Log LOG = Log.of("stdio");

    /** What a terminal in its usual mode takes for the end of its input: Ctrl-D. */
    private static final ByteString END_OF_TRANSMISSION = ByteString.copyFrom(new byte[] {4});

    private final String name;
    private final SourceOpener opener;
    private final boolean terminal;
    private final BlockingThreads threads;
    private final InputQueue queue;
    private final KeptInput kept;
    private final CompletableFuture<Void> reading = new CompletableFuture<>();
    private final CompletableFuture<Void> sending = new CompletableFuture<>();

    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable InputSource source;

    /** While it is held: open, and nobody reads from it. */
    @GuardedBy("lock")
    private @Nullable InputSource waiting;

    @GuardedBy("lock")
    private boolean stopped;

    @GuardedBy("lock")
    private boolean released;

    @GuardedBy("lock")
    private boolean closed;

    /** How long the guard may take to hold what is kept. */
    private static final Duration HOLD_LIMIT = Duration.ofSeconds(10);

    /** Opens what the input comes from. */
    @FunctionalInterface
    interface SourceOpener {
        InputSource open() throws IOException;
    }

    /**
     * @param name for messages, e.g. {@code stdin of web}
     * @param opener called when the pump starts, not before: a client's open of the FIFO returns
     *     then, and some (ctr) are able to say CloseIO only from then on. Were it open earlier,
     *     they would have read the end of a short input without telling anyone
     * @param room what it may hold
     * @param kept told of what is read and given
     */
    InputPump(
            String name,
            SourceOpener opener,
            boolean terminal,
            BlockingThreads threads,
            StreamRoom.Share room,
            KeptInput kept) {
        this.queue = new InputQueue(room);
        this.kept = kept;
        this.name = name;
        this.opener = opener;
        this.terminal = terminal;
        this.threads = threads;
    }

    void start(GuestStreams guest) {
        if (kept.isKept()) {
            CompletableFuture<Void> held = new CompletableFuture<>();
            threads.execute(() -> read(() -> openHeld(held)));
            var _ = Waited.on(held, HOLD_LIMIT);
        } else {
            threads.execute(this::read);
        }
        Thread.ofVirtual().name(name).start(() -> send(guest));
    }

    private void read() {
        read(this::open);
    }

    private InputSource openHeld(CompletableFuture<Void> held) throws IOException {
        try {
            return open();
        } finally {
            held.complete(null);
        }
    }

    /** How it can be gone on with. */
    KeptInput kept() {
        return kept;
    }

    private void read(SourceOpener from) {
        try {
            InputSource opened = from.open();
            ByteString piece = read(opened);
            while (!piece.isEmpty() && queue.put(piece)) {
                piece = read(opened);
            }
        } catch (ClosedChannelException e) {
            LOG.debug("input was closed while it was read", "stream", name);
        } catch (IOException e) {
            LOG.warn("input is lost, the process reads its end", "stream", name, "error", e);
        } finally {
            if (!stoppedToHold()) {
                kept.readAll();
                queue.end();
                closeSource();
                reading.complete(null);
            }
        }
    }

    private ByteString read(InputSource opened) throws IOException {
        ByteString piece = opened.read(queue.most());
        kept.read(piece.size());
        return piece;
    }

    private boolean stoppedToHold() {
        synchronized (lock) {
            stopped = true;
            return waiting != null && !closed;
        }
    }

    /**
     * Reads nothing from now on until {@link #resume}; the client may go on writing, and what was
     * read is sent. Blocks for the moment in which the thread that reads is woken.
     *
     * @return true if nothing is on its way any more
     */
    boolean hold() {
        InputSource blocked = null;
        synchronized (lock) {
            if (closed || reading.isDone()) {
                return sending.isDone();
            }
            if (waiting == null) {
                if (source == null) {
                    return false; // it is being opened
                }
                try {
                    // Before the other one is closed: the client must not find nobody.
                    waiting = opener.open();
                } catch (IOException e) {
                    throw RuntimeFailure.failedPrecondition(
                            "its stdin cannot be opened again: " + e.getMessage());
                }
                stopped = false;
                blocked = source;
                source = null;
            }
        }
        if (blocked != null) {
            close(blocked);
        }
        synchronized (lock) {
            return stopped && queue.atRest();
        }
    }

    /** Reads again after {@link #hold}. */
    void resume() {
        InputSource again;
        synchronized (lock) {
            again = waiting;
            waiting = null;
            source = again;
            if (again != null && released) {
                releaseQuietly(again);
            }
        }
        if (again != null) {
            threads.execute(() -> read(() -> again));
        }
    }

    private InputSource open() throws IOException {
        InputSource opened = opener.open();
        OpenedFifo fifo = opened.fifo();
        if (fifo != null) {
            hold(opened, fifo);
        }
        synchronized (lock) {
            if (!closed) {
                source = opened;
                if (released) {
                    opened.release();
                }
                return opened;
            }
        }
        opened.close();
        kept.release();
        throw new ClosedChannelException();
    }

    private void hold(InputSource opened, OpenedFifo fifo) throws IOException {
        try {
            kept.hold(fifo);
        } catch (RuntimeException | Error e) {
            // Or a client that writes would never find that nobody reads.
            opened.close();
            throw e;
        }
    }

    private void send(GuestStreams guest) {
        try {
            ByteString last = ByteString.EMPTY;
            ByteString piece = queue.take();
            while (!piece.isEmpty()) {
                guest.writeStdin(piece);
                kept.given(piece.size());
                last = piece;
                piece = queue.take();
            }
            if (queue.endedInOrder()) {
                end(guest, last);
            }
        } catch (IOException e) {
            // Usual: the process has exited, or has closed its input as head(1) does.
            LOG.debug("the process takes no more input", "stream", name, "error", e);
        } catch (RuntimeException e) {
            LOG.error("input was cut off by a fault", "stream", name, "error", e);
        } finally {
            kept.givenAll();
            // The client shall notice as well: its next write gets EPIPE.
            close();
            sending.complete(null);
        }
    }

    private void end(GuestStreams guest, ByteString last) throws IOException {
        if (!terminal) {
            guest.closeStdin();
            return;
        }
        // In the middle of a line the first one only hands over what was typed so far.
        boolean atLineStart = last.isEmpty() || last.byteAt(last.size() - 1) == '\n';
        guest.writeStdin(
                atLineStart
                        ? END_OF_TRANSMISSION
                        : END_OF_TRANSMISSION.concat(END_OF_TRANSMISSION));
    }

    /** Carries out CloseIO. */
    void release() {
        synchronized (lock) {
            released = true;
            if (source != null) {
                releaseQuietly(source);
            }
        }
    }

    private void releaseQuietly(InputSource opened) {
        try {
            opened.release();
        } catch (IOException e) {
            LOG.warn("our hold on input was not closed", "stream", name, "error", e);
        }
    }

    /** Frees the threads that are stuck on the host; a write in the guest ends by other means. */
    void close() {
        queue.close();
        closeSource();
    }

    private void closeSource() {
        InputSource opened;
        InputSource held;
        synchronized (lock) {
            closed = true;
            opened = source;
            held = waiting;
            waiting = null;
        }
        if (opened != null) {
            close(opened);
        }
        if (held != null) {
            close(held);
            queue.end();
            reading.complete(null);
        }
        kept.release();
    }

    private void close(InputSource opened) {
        try {
            opened.close();
        } catch (IOException e) {
            LOG.warn("input was not closed", "stream", name, "error", e);
        }
    }

    /** Completes when both threads of a pump that was started have left. */
    CompletableFuture<Void> ended() {
        return CompletableFuture.allOf(reading, sending);
    }
}
