package io.saya.monitor.scrape;

import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Asks for one page on a Unix socket, by a connection of its own. The peer is not trusted: head,
 * body and time are bounded, and a body is never stored beyond its bound. Thread safe; calls block,
 * in a virtual thread without a carrier.
 *
 * <p>The JDK's client knows no Unix sockets, and Netty's would need more classes than the rest of
 * the monitor has.
 */
public final class UnixHttp implements AutoCloseable {
    /** Its one thread closes what is late, which wakes the thread that reads there. */
    private final ScheduledThreadPoolExecutor limits;

    /** A client; its thread starts with the first call. */
    public UnixHttp() {
        limits =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("scrape limits").factory());
        limits.setRemoveOnCancelPolicy(true);
    }

    /**
     * The body of a page.
     *
     * @param target path and query, as {@code /metrics}
     * @param maxBytes of the body
     * @param limit for everything from the connection to the body's last byte
     * @throws ScrapeFailure whatever goes wrong
     */
    public byte[] get(Path socket, String target, String accept, int maxBytes, Duration limit)
            throws ScrapeFailure {
        try (SocketChannel channel = connect(socket)) {
            ScheduledFuture<?> late =
                    limits.schedule(() -> close(channel), limit.toMillis(), TimeUnit.MILLISECONDS);
            try {
                return exchange(channel, socket, target, accept, maxBytes);
            } catch (AsynchronousCloseException e) {
                throw timeout(socket, limit, e);
            } catch (ClosedChannelException e) {
                throw timeout(socket, limit, e);
            } finally {
                late.cancel(false);
            }
        } catch (ScrapeFailure e) {
            throw e;
        } catch (IOException e) {
            throw new ScrapeFailure(FailureReason.BAD_ANSWER, socket + ": " + e.getMessage());
        }
    }

    @Override
    public void close() {
        limits.shutdownNow();
    }

    private static ScrapeFailure timeout(Path socket, Duration limit, IOException cause) {
        ScrapeFailure failure =
                new ScrapeFailure(
                        FailureReason.TIMEOUT,
                        socket + ": no whole answer within " + limit.toMillis() + " ms");
        failure.initCause(cause);
        return failure;
    }

    private static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // Never waits: the kernel says at once that nobody listens, or that the backlog is
            // full.
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException | IllegalArgumentException e) {
            channel.close();
            throw new ScrapeFailure(
                    FailureReason.UNREACHABLE, socket + ": connect: " + e.getMessage());
        }
    }

    private static byte[] exchange(
            SocketChannel channel, Path socket, String target, String accept, int maxBytes)
            throws IOException {
        String head =
                "GET "
                        + target
                        + " HTTP/1.1\r\nHost: localhost\r\nAccept: "
                        + accept
                        + "\r\nConnection: close\r\n\r\n";
        ByteBuffer request = ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII));
        while (request.hasRemaining()) {
            channel.write(request);
        }
        InputStream in = new java.io.BufferedInputStream(Channels.newInputStream(channel), 16384);
        AnswerHead answer = AnswerHead.read(in);
        if (answer.status() != 200) {
            throw new ScrapeFailure(
                    FailureReason.BAD_ANSWER, socket + target + ": status " + answer.status());
        }
        return new AnswerBody(in, maxBytes, socket + target).read(answer);
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // It is closed all the same.
        }
    }
}
