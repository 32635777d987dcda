package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saya.proto.cri.PortForwardRequest;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * What {@code kubectl port-forward} does with one connection: the CRI's PortForward gives a URL,
 * and there, over a WebSocket, channel 0 carries the bytes and channel 1 an error. The first
 * message of each channel is the port.
 */
final class PortForwardClient implements WebSocket.Listener {
    private static final int LIMIT_SECONDS = 60;
    private static final byte DATA = 0;
    private static final byte ERROR = 1;

    /** Bytes in a message, as of a client that reads from a socket. */
    private static final int PART = 32 * 1024;

    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final boolean[] begun = new boolean[2];

    private PortForwardClient() {}

    /** Sends a text to a port of the pod and returns what comes back until the connection ends. */
    static String exchange(Node node, Pod pod, int port, String text) throws Exception {
        return new String(exchange(node, pod, port, text.getBytes(UTF_8)), UTF_8);
    }

    /** Sends bytes, one part after the other. */
    static byte[] exchange(Node node, Pod pod, int port, byte[] bytes) throws Exception {
        var url =
                node.cri()
                        .runtime()
                        .portForward(
                                PortForwardRequest.newBuilder()
                                        .setPodSandboxId(pod.id())
                                        .addPort(port)
                                        .build())
                        .getUrl();
        var client = new PortForwardClient();
        try (var http = HttpClient.newHttpClient()) {
            var socket =
                    http.newWebSocketBuilder()
                            .subprotocols("v4.channel.k8s.io")
                            .buildAsync(
                                    URI.create(url.replaceFirst("^http", "ws") + "?port=" + port),
                                    client)
                            .get(LIMIT_SECONDS, TimeUnit.SECONDS);
            for (var at = 0; at < bytes.length; at += PART) {
                var length = Math.min(PART, bytes.length - at);
                var frame = ByteBuffer.allocate(length + 1).put(DATA).put(bytes, at, length).flip();
                var sent = socket.sendBinary(frame, true).exceptionally(_ -> socket);
                sent.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            }
            client.closed.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            socket.abort();
        }
        if (client.errors.size() > 0) {
            throw new AssertionError("port-forward: " + client.errors.toString(UTF_8));
        }
        return client.data.toByteArray();
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
        while (part.hasRemaining()) {
            message.write(part.get());
        }
        if (last) {
            take(message.toByteArray());
            message.reset();
        }
        socket.request(1);
        return CompletableFuture.completedStage(null);
    }

    private void take(byte[] frame) {
        var channel = frame[0];
        if (!begun[channel]) {
            begun[channel] = true; // the port
        } else {
            (channel == ERROR ? errors : data).write(frame, 1, frame.length - 1);
        }
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        closed.complete(null);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
        closed.complete(null); // the server ends the connection when the pod's has ended
    }
}
