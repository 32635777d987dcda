package io.saya.shim.management;

import io.saya.hypervisor.GuestShell;
import io.saya.io.Clients;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Serves {@link #NAME} in the run directory: mode 0600 in a directory of mode 0700, so whoever
 * connects is root. A client that sends nothing or reads nothing costs a virtual thread until its
 * time is up, and there are only so many.
 *
 * <p>HTTP, since everything speaks it: {@code curl --unix-socket saya.sock http://saya/status}. A
 * connection serves one request.
 */
public final class ManagementSocket implements AutoCloseable {
    /** Name of the socket in the run directory; short, because a socket's path is. */
    public static final String NAME = "saya.sock";

    private static final Log LOG = Log.of("management");

    /** Connections at once. */
    private static final int CONNECTIONS = 8;

    /** Limit for a request and its answer. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /**
     * Bytes that are written at once: the JVM copies them to memory outside the heap, and each of
     * its threads keeps as much of that for good.
     */
    private static final int PIECE = 8 << 10;

    private final ServerSocketChannel listener;
    private final Map<String, Page> pages;
    private final Optional<GuestShell> shell;
    private final Semaphore places = new Semaphore(CONNECTIONS);

    private ManagementSocket(
            ServerSocketChannel listener, Map<String, Page> pages, Optional<GuestShell> shell) {
        this.listener = listener;
        this.pages = pages;
        this.shell = shell;
    }

    /**
     * Binds the socket and serves it.
     *
     * @param pages by their paths
     * @param shell empty if nobody may have one in the guest
     */
    public static ManagementSocket open(
            Path runDirectory, Map<String, Page> pages, Optional<GuestShell> shell)
            throws IOException {
        return open(
                ServerSocketChannel.open(StandardProtocolFamily.UNIX), runDirectory, pages, shell);
    }

    /** Serves a socket that it binds first. */
    static ManagementSocket open(
            ServerSocketChannel listener,
            Path runDirectory,
            Map<String, Page> pages,
            Optional<GuestShell> shell)
            throws IOException {
        Path path = runDirectory.resolve(NAME);
        try {
            listener.bind(UnixDomainSocketAddress.of(path), CONNECTIONS);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            listener.close();
            throw new IOException("management socket " + path + ": " + e.getMessage(), e);
        }
        ManagementSocket socket = new ManagementSocket(listener, Map.copyOf(pages), shell);
        Thread.ofVirtual().name("management").start(socket::acceptAll);
        return socket;
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            LOG.debug("close", "error", e);
        }
    }

    private void acceptAll() {
        Clients.takeAll(LOG, "nobody can connect to the management socket", listener, this::accept);
        LOG.debug("the management socket is closed");
    }

    private void accept(SocketChannel client) {
        if (places.tryAcquire()) {
            Thread.ofVirtual().name("management request").start(() -> serve(client));
        } else {
            close(client);
        }
    }

    private void serve(SocketChannel client) {
        Thread watch =
                Thread.ofVirtual().name("management limit").start(() -> endAfterLimit(client));
        try (client) {
            try {
                Request request = Request.read(client);
                if (request.path().equals("/console")) {
                    watch.interrupt();
                    ConsoleSession.run(client, shell);
                    return;
                }
                answer(client, request);
            } finally {
                watch.interrupt();
                // First, for a client that is hung up on may come again at once.
                places.release();
            }
        } catch (IOException e) {
            LOG.debug("management request", "error", e);
        }
    }

    private static void endAfterLimit(SocketChannel client) {
        // An interrupt says that it was served in time.
        if (Waited.pause(LIMIT)) {
            close(client);
        }
    }

    private static void close(SocketChannel client) {
        try {
            client.close();
        } catch (IOException _) {
            // It is gone.
        }
    }

    private void answer(SocketChannel client, Request request) throws IOException {
        Page page = pages.get(request.path());
        if (page == null) {
            send(client, "404 Not Found", "text/plain", "no " + request.path() + "\n");
            return;
        }
        Page.Answer answer;
        try {
            answer = page.answer(request);
        } catch (IllegalArgumentException e) {
            send(client, "400 Bad Request", "text/plain", e.getMessage() + "\n");
            return;
        } catch (IllegalStateException e) {
            send(client, "503 Service Unavailable", "text/plain", e.getMessage() + "\n");
            return;
        } catch (RuntimeException e) {
            // A client that is hung up on would take the daemon for dead.
            LOG.error("a page failed", "path", request.path(), "error", e);
            send(client, "500 Internal Server Error", "text/plain", "failed: " + e + "\n");
            return;
        }
        send(client, "200 OK", answer.type(), answer.text());
    }

    static void send(SocketChannel client, String status, String type, String text)
            throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        String head =
                "HTTP/1.1 "
                        + status
                        + "\r\nContent-Type: "
                        + type
                        + "\r\nContent-Length: "
                        + body.length
                        + "\r\nConnection: close\r\n\r\n";
        write(client, head.getBytes(StandardCharsets.US_ASCII));
        write(client, body);
    }

    static void write(SocketChannel client, byte[] bytes) throws IOException {
        for (int from = 0; from < bytes.length; from += PIECE) {
            ByteBuffer left = ByteBuffer.wrap(bytes, from, Math.min(PIECE, bytes.length - from));
            while (left.hasRemaining()) {
                client.write(left);
            }
        }
    }
}
