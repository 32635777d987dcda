package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
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
    private final InputQueue queue = new InputQueue();
    private final CompletableFuture<Void> reading = new CompletableFuture<>();
    private final CompletableFuture<Void> sending = new CompletableFuture<>();

    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable InputSource source;

    @GuardedBy("lock")
    private boolean released;

    @GuardedBy("lock")
    private boolean closed;

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
     */
    InputPump(String name, SourceOpener opener, boolean terminal, BlockingThreads threads) {
        this.name = name;
        this.opener = opener;
        this.terminal = terminal;
        this.threads = threads;
    }

    void start(GuestStreams guest) {
        threads.execute(this::read);
        Thread.ofVirtual().name(name).start(() -> send(guest));
    }

    private void read() {
        try {
            InputSource opened = open();
            ByteString piece = opened.read();
            while (!piece.isEmpty() && queue.put(piece)) {
                piece = opened.read();
            }
        } catch (ClosedChannelException e) {
            LOG.debug("input was closed while it was read", "stream", name);
        } catch (IOException e) {
            LOG.warn("input is lost, the process reads its end", "stream", name, "error", e);
        } finally {
            queue.end();
            closeSource();
            reading.complete(null);
        }
    }

    private InputSource open() throws IOException {
        InputSource opened = opener.open();
        synchronized (lock) {
            if (closed) {
                opened.close();
                throw new ClosedChannelException();
            }
            source = opened;
            if (released) {
                opened.release();
            }
            return opened;
        }
    }

    private void send(GuestStreams guest) {
        try {
            ByteString last = ByteString.EMPTY;
            ByteString piece = queue.take();
            while (!piece.isEmpty()) {
                guest.writeStdin(piece);
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
        try {
            synchronized (lock) {
                released = true;
                if (source != null) {
                    source.release();
                }
            }
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
        synchronized (lock) {
            closed = true;
            opened = source;
        }
        try {
            if (opened != null) {
                opened.close();
            }
        } catch (IOException e) {
            LOG.warn("input was not closed", "stream", name, "error", e);
        }
    }

    /** Completes when both threads of a pump that was started have left. */
    CompletableFuture<Void> ended() {
        return CompletableFuture.allOf(reading, sending);
    }
}
