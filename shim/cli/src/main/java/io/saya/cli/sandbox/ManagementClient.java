package io.saya.cli.sandbox;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Asks a daemon on its management socket. Blocks; each request has a deadline. */
public final class ManagementClient {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int ANSWER_LIMIT = 4 * 1024 * 1024;

    private final Path socket;

    /** The client of one daemon's socket. */
    public ManagementClient(Path socket) {
        this.socket = socket;
    }

    /**
     * Returns what stands on a page.
     *
     * @throws IOException if the daemon cannot be reached, does not answer in time, or refuses
     */
    public JsonObject json(String path) throws IOException {
        try {
            return Json.parseObject(text("GET", path, ""));
        } catch (JsonException e) {
            throw new IOException(socket + path + ": " + e.getMessage(), e);
        }
    }

    /** Asks for a page and returns it as text; {@code body} is sent with the request. */
    String text(String method, String path, String body) throws IOException {
        try (SocketChannel channel = connect()) {
            Thread watch = Thread.ofVirtual().name("limit").start(() -> closeAfterLimit(channel));
            try {
                request(channel, method, path, body);
                return content(readAll(channel));
            } catch (AsynchronousCloseException e) {
                throw new IOException(socket + ": no answer within " + LIMIT.toSeconds() + " s", e);
            } finally {
                watch.interrupt();
            }
        }
    }

    /**
     * Opens the guest's console; what comes and goes on the channel from now on is the console's.
     */
    SocketChannel console() throws IOException {
        SocketChannel channel = connect();
        try {
            request(channel, "POST", "/console", "");
            StringBuilder head = new StringBuilder();
            ByteBuffer one = ByteBuffer.allocate(1);
            while (head.length() < 4096 && !head.toString().endsWith("\r\n\r\n")) {
                if (channel.read(one.clear()) < 0) {
                    break;
                }
                head.append((char) one.get(0));
            }
            if (!head.toString().startsWith("HTTP/1.1 101")) {
                byte[] rest = readAll(channel);
                throw new IOException(new String(rest, StandardCharsets.UTF_8).strip());
            }
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new IOException(socket + ": " + e.getMessage(), e);
        }
    }

    private static void request(SocketChannel channel, String method, String path, String body)
            throws IOException {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head =
                method + " " + path + " HTTP/1.1\r\nContent-Length: " + content.length + "\r\n\r\n";
        write(channel, head.getBytes(StandardCharsets.US_ASCII));
        write(channel, content);
    }

    static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
    }

    private static byte[] readAll(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(16 * 1024);
        while (channel.read(piece.clear()) >= 0 && all.size() < ANSWER_LIMIT) {
            all.write(piece.array(), 0, piece.position());
        }
        return all.toByteArray();
    }

    private String content(byte[] answer) throws IOException {
        String text = new String(answer, StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 || !text.startsWith("HTTP/1.1 ")) {
            throw new IOException(socket + ": no HTTP answer");
        }
        String body = text.substring(end + 4);
        if (!text.startsWith("HTTP/1.1 200")) {
            throw new IOException(body.strip());
        }
        return body;
    }

    private static void closeAfterLimit(SocketChannel channel) {
        // An interrupt says that it answered in time.
        if (Waited.pause(LIMIT)) {
            try {
                channel.close();
            } catch (IOException _) {
                // It is gone.
            }
        }
    }
}
