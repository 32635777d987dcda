package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.text.PlainText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Reads what a logger prints to its stdout and stderr and keeps the end of it, which says why the
 * logger died. All of it is read, so that no logger ever waits for its own words. Thread safe.
 */
final class LoggerWords {
    private static final Log LOG = Log.of("stdio");

    /** The bytes of the end of what was printed that are kept. */
    private static final int KEPT_BYTES = 1024;

    /** How long after the logger's end words that are still in the FIFO may take. */
    private static final Duration END_LIMIT = Duration.ofMillis(200);

    private final FileChannel from;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    @GuardedBy("this")
    private final byte[] kept = new byte[KEPT_BYTES];

    @GuardedBy("this")
    private long printed;

    private LoggerWords(FileChannel from) {
        this.from = from;
    }

    /** Begins to read; {@code from} is closed at its end. */
    static LoggerWords read(FileChannel from, BlockingThreads threads) {
        LoggerWords words = new LoggerWords(from);
        threads.execute(words::readAll);
        return words;
    }

    private void readAll() {
        ByteBuffer buffer = ByteBuffer.allocate(KEPT_BYTES);
        try (from) {
            while (from.read(buffer) >= 0) {
                keep(buffer.flip());
                buffer.clear();
            }
        } catch (ClosedChannelException e) {
            LOG.debug("a logger's words are not waited for any longer");
        } catch (IOException e) {
            LOG.warn("a logger's words are lost", "error", e);
        } finally {
            ended.complete(null);
        }
    }

    private synchronized void keep(ByteBuffer words) {
        while (words.hasRemaining()) {
            kept[(int) (printed++ % KEPT_BYTES)] = words.get();
        }
    }

    /**
     * The end of what was printed, in one line without control characters; empty if nothing was. To
     * be called when the logger has gone: waits a moment for what is on its way, then gives up what
     * a child of it still holds open.
     */
    String last() {
        if (!Waited.on(ended, END_LIMIT).isDone()) {
            close();
        }
        return text();
    }

    private synchronized String text() {
        int length = (int) Math.min(printed, KEPT_BYTES);
        byte[] inOrder = new byte[length];
        for (int i = 0; i < length; i++) {
            inOrder[i] = kept[(int) ((printed - length + i) % KEPT_BYTES)];
        }
        String text = new String(inOrder, StandardCharsets.UTF_8).strip();
        return PlainText.line(text.replace('\n', ' '), KEPT_BYTES).toString();
    }

    /** Reads no further. */
    void close() {
        try {
            from.close();
        } catch (IOException e) {
            LOG.warn("a logger's FIFO was not closed", "error", e);
        }
    }
}
