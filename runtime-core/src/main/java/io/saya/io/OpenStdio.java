package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HeldEnd;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The streams of one process, put together: up to two pumps for output, one for input. */
final class OpenStdio implements ProcessStdio {
    private static final Log LOG = Log.of("stdio");

    /**
     * How long Delete gives a client that was there, and seems to have gone, to be back: a
     * containerd that has just restarted opens its FIFOs shortly before it deletes.
     */
    private static final Duration RETURN_LIMIT = Duration.ofMillis(250);

    private final boolean terminal;
    private final @Nullable InputPump stdin;
    private final OutputPump stdout;
    private final @Nullable OutputPump stderr;
    private final StreamPositions.@Nullable Slot slot;
    private final KeptInput endedStdin;
    private final CompletableFuture<Void> outputRead;
    private final CompletableFuture<Void> outputWritten;
    private final CompletableFuture<Void> outputEnded;

    private volatile boolean stdinClosed;

    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable GuestStreams guest;

    @GuardedBy("lock")
    private boolean closed;

    /**
     * @param stderr null for a process with a terminal
     * @param slot where the streams are counted; null if they are not
     * @param endedStdin what another daemon has left of a stdin that had ended there
     */
    OpenStdio(
            boolean terminal,
            @Nullable InputPump stdin,
            OutputPump stdout,
            @Nullable OutputPump stderr,
            StreamPositions.@Nullable Slot slot,
            KeptInput endedStdin) {
        this.slot = slot;
        this.endedStdin = endedStdin;
        this.terminal = terminal;
        this.stdin = stdin;
        this.stdout = stdout;
        this.stderr = stderr;
        this.outputRead =
                stderr == null
                        ? stdout.read()
                        : CompletableFuture.allOf(stdout.read(), stderr.read());
        this.outputWritten =
                stderr == null
                        ? stdout.written()
                        : CompletableFuture.allOf(stdout.written(), stderr.written());
        this.outputEnded =
                stderr == null
                        ? stdout.ended()
                        : CompletableFuture.allOf(stdout.ended(), stderr.ended());
    }

    @Override
    public void attach(GuestStreams streams) {
        synchronized (lock) {
            if (guest != null) {
                throw new IllegalStateException("the streams of the guest are attached already");
            }
            if (!closed) {
                guest = streams;
                startPumps(streams);
                return;
            }
        }
        closeGuest(streams);
    }

    private void startPumps(GuestStreams streams) {
        boolean byPosition = slot != null && streams.keepsOutput();
        stdout.start(
                (max, position, done) ->
                        position == 0
                                ? streams.readStdout(max)
                                : streams.readStdout(max, position, done),
                byPosition);
        if (stderr != null) {
            stderr.start(
                    (max, position, done) ->
                            position == 0
                                    ? streams.readStderr(max)
                                    : streams.readStderr(max, position, done),
                    byPosition);
        }
        endedStdin.release();
        if (stdin != null) {
            stdin.start(streams);
        } else if (!terminal) {
            Thread.ofVirtual().name("no stdin").start(() -> endInput(streams));
        }
    }

    /** A process without stdin must read an end of file at once, not wait for ever. */
    private static void endInput(GuestStreams streams) {
        try {
            streams.closeStdin();
        } catch (IOException e) {
            LOG.debug("the end of an absent stdin was not taken", "error", e);
        }
    }

    @Override
    public @Nullable HeldStdio hold() {
        boolean attached = isAttached();
        boolean open = stdin != null && !(attached && stdin.ended().isDone());
        if (attached && stdin != null && !stdin.hold()) {
            return null;
        }
        HeldStream out = stdout.hold();
        HeldStream err = stderr == null ? HeldStream.FRESH : stderr.hold();
        if (out == null || err == null || attached != isAttached()) {
            return null;
        }
        return new HeldStdio(out, err, open, stdinClosed, stdinEnd(), slotNumber());
    }

    @Override
    public HeldStdio standing() {
        GuestStreams streams = guest();
        if (slot == null) {
            throw RuntimeFailure.failedPrecondition("how far its streams have come is not counted");
        }
        if (streams != null && !streams.keepsOutput()) {
            throw RuntimeFailure.failedPrecondition("its guest does not keep output");
        }
        boolean attached = streams != null;
        return new HeldStdio(
                stdout.standing(attached),
                stderr == null ? HeldStream.FRESH : stderr.standing(attached),
                stdin != null && !(attached && stdin.ended().isDone()),
                stdinClosed,
                stdinEnd(),
                slotNumber());
    }

    private HeldEnd stdinEnd() {
        return stdin == null ? HeldEnd.NONE : stdin.kept().end();
    }

    private int slotNumber() {
        return slot == null ? HeldStdio.UNCOUNTED : slot.number();
    }

    @Override
    public void release() {
        if (stdin != null) {
            stdin.resume();
        }
        stdout.release();
        if (stderr != null) {
            stderr.release();
        }
    }

    @Override
    public void closeStdin() {
        stdinClosed = true;
        if (stdin != null) {
            stdin.release();
        }
    }

    @Override
    public CompletableFuture<Void> outputRead() {
        return outputRead.copy();
    }

    @Override
    public CompletableFuture<Void> outputWritten() {
        return outputWritten.copy();
    }

    @Override
    public CompletableFuture<Void> outputEnded() {
        return outputEnded.copy();
    }

    @Override
    public void finish(Duration limit) {
        if (isAttached()) {
            CompletableFuture<Void> settled =
                    stderr == null
                            ? stdout.settled()
                            : CompletableFuture.allOf(stdout.settled(), stderr.settled());
            if (await(settled, limit)) {
                await(outputEnded, limit.compareTo(RETURN_LIMIT) < 0 ? limit : RETURN_LIMIT);
            }
        }
        close();
    }

    private boolean isAttached() {
        return guest() != null;
    }

    private @Nullable GuestStreams guest() {
        synchronized (lock) {
            return guest;
        }
    }

    @Override
    public void close() {
        GuestStreams attached;
        boolean first;
        synchronized (lock) {
            first = !closed;
            closed = true;
            attached = guest;
        }
        if (first) {
            closeStreams(attached);
        }
        if (attached != null && !await(leftAll(), CLOSE_LIMIT)) {
            LOG.error("a thread that moves output or input did not end", "limit", CLOSE_LIMIT);
            return; // it may count on, where nobody else may then
        }
        if (first && slot != null) {
            slot.close();
        }
    }

    private void closeStreams(@Nullable GuestStreams attached) {
        if (attached != null) {
            closeGuest(attached);
        }
        if (stdin != null) {
            stdin.close();
        }
        stdout.close();
        if (stderr != null) {
            stderr.close();
        }
        if (attached == null) {
            stdout.complete();
            if (stderr != null) {
                stderr.complete();
            }
        }
    }

    /** What is closed on the host does not depend on what the guest's side does. */
    private static void closeGuest(GuestStreams attached) {
        try {
            attached.close();
        } catch (RuntimeException e) {
            LOG.error("the guest's side of the streams was not closed", "error", e);
        }
    }

    private CompletableFuture<Void> leftAll() {
        return stdin == null ? outputEnded : CompletableFuture.allOf(outputEnded, stdin.ended());
    }

    private static boolean await(CompletableFuture<Void> event, Duration limit) {
        return Waited.on(event, limit).isDone();
    }
}
