package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Streams of an exec or an attach: a WebSocket to containerd's streaming server, in the protocol
 * {@code v4.channel.k8s.io}. The first byte of each message is the channel. This protocol cannot
 * end stdin alone.
 *
 * <p>What comes is written by a thread of the HTTP client, one message after the other. May be
 * written to by one thread at a time.
 */
final class ContainerStreams implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int STATUS = 3;
    private static final int RESIZE = 4;

    private final HttpClient http = HttpClient.newHttpClient();
    private final OutputStream out;
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final ByteArrayOutputStream status = new ByteArrayOutputStream();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final WebSocket socket;

    /** Connects; stdout is kept in memory. */
    ContainerStreams(String url) {
        this(url, new ByteArrayOutputStream());
    }

    /**
     * Connects.
     *
     * @param url what Exec or Attach has answered
     * @param out takes the process's stdout
     */
    ContainerStreams(String url, OutputStream out) {
        this.out = out;
        socket =
                http.newWebSocketBuilder()
                        .subprotocols("v4.channel.k8s.io")
                        .connectTimeout(LIMIT)
                        .buildAsync(URI.create(url.replaceFirst("^http", "ws")), new Incoming())
                        .join();
    }

    /** To the process's stdin. Blocks until it is on its way. */
    void write(byte[] bytes, int length) {
        send(STDIN, ByteBuffer.wrap(bytes, 0, length));
    }

    /** Writes a text. */
    void write(String text) {
        var bytes = text.getBytes(UTF_8);
        write(bytes, bytes.length);
    }

    /** The terminal's new size. */
    void resize(int width, int height) {
        send(
                RESIZE,
                ByteBuffer.wrap(
                        "{\"Width\":%d,\"Height\":%d}".formatted(width, height).getBytes(UTF_8)));
    }

    /** What has come on stdout so far, if it is kept in memory. */
    String out() {
        synchronized (out) {
            return ((ByteArrayOutputStream) out).toString(UTF_8);
        }
    }

    /** What has come on stderr so far. */
    String err() {
        return err.toString(UTF_8);
    }

    /**
     * Waits for the end of the process and its output; returns the status as Kubernetes' JSON. An
     * attach has none.
     */
    String status(Duration limit) {
        try {
            return ended.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no end within " + limit + "; stderr: " + err(), e);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Goes away as a client does that is interrupted; stdin has ended then. */
    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
    }

    private void send(int channel, ByteBuffer bytes) {
        var message = ByteBuffer.allocate(bytes.remaining() + 1);
        message.put((byte) channel).put(bytes).flip();
        socket.sendBinary(message, true).join();
    }

    private final class Incoming implements WebSocket.Listener {
        private boolean fresh = true;
        private int channel;

        @Override
        public @Nullable CompletionStage<?> onBinary(
                WebSocket webSocket, ByteBuffer data, boolean last) {
            if (fresh && data.hasRemaining()) {
                channel = data.get();
                fresh = false;
            }
            try {
                var bytes = new byte[data.remaining()];
                data.get(bytes);
                switch (channel) {
                    case STDOUT -> {
                        synchronized (out) {
                            out.write(bytes);
                        }
                    }
                    case STDERR -> err.write(bytes);
                    case STATUS -> status.write(bytes);
                    default ->
                            throw new IOException(
                                    "message on channel " + channel + " (expected: 1 to 3)");
                }
            } catch (IOException e) {
                ended.completeExceptionally(e);
                throw new UncheckedIOException(e);
            }
            fresh = fresh || last;
            webSocket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
            ended.complete(status.toString(UTF_8));
            return null;
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            ended.completeExceptionally(error);
        }
    }
}
