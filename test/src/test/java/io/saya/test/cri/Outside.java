package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * What pods talk to, in the network namespace of the tests: a server that takes bytes, one that
 * gives them, and one that knows every name.
 */
final class Outside implements AutoCloseable {
    /** The address of every name. */
    static final String ANSWER = "192.0.2.7";

    /** What {@link #take} takes the sums of: a mebibyte. */
    static final int BLOCK = 1 << 20;

    private static final byte[] LINE =
            "saya: the sheath of a blade, and what goes through it\n".getBytes(US_ASCII);
    private static final int DNS_PORT = 53;

    private final ServerSocket server;
    private final DatagramSocket names;

    Outside() {
        try {
            server = new ServerSocket();
            server.bind(new InetSocketAddress(InetAddress.ofLiteral("::"), 0));
            names = new DatagramSocket(null);
            names.bind(new InetSocketAddress(InetAddress.ofLiteral("::"), DNS_PORT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::answerNames);
    }

    int port() {
        return server.getLocalPort();
    }

    /**
     * What went through a connection.
     *
     * @param sum MD5, in hexadecimal digits
     * @param time from the first bytes until the peer had all
     */
    record Transfer(String sum, long bytes, Duration time) {
        double bytesPerSecond() {
            return bytes / (time.toNanos() / 1e9);
        }
    }

    /** Takes one connection to its end; the sum is that of each block, or of several, by commas. */
    CompletableFuture<Transfer> take() {
        return serve(
                socket -> {
                    var sums = new TreeSet<String>();
                    InputStream in = socket.getInputStream();
                    var block = new byte[BLOCK];
                    var n = in.readNBytes(block, 0, 1);
                    var begun = System.nanoTime();
                    var bytes = 0L;
                    while (n > 0) {
                        n += in.readNBytes(block, n, BLOCK - n);
                        var digest = md5();
                        digest.update(block, 0, n);
                        sums.add(HexFormat.of().formatHex(digest.digest()));
                        bytes += n;
                        n = in.readNBytes(block, 0, 1);
                    }
                    return new Transfer(
                            String.join(",", sums),
                            bytes,
                            Duration.ofNanos(System.nanoTime() - begun));
                });
    }

    /** Gives one connection so many bytes of lines, and waits until the peer has closed it. */
    CompletableFuture<Transfer> give(long length) {
        return serve(
                socket -> {
                    var digest = md5();
                    var block = lines(1 << 16);
                    OutputStream out = socket.getOutputStream();
                    var begun = System.nanoTime();
                    for (long left = length; left > 0; left -= block.length) {
                        var part = (int) Math.min(left, block.length);
                        out.write(block, 0, part);
                        digest.update(block, 0, part);
                    }
                    socket.shutdownOutput();
                    if (socket.getInputStream().read() >= 0) {
                        throw new IOException("the peer has sent bytes (expected: none)");
                    }
                    return new Transfer(
                            HexFormat.of().formatHex(digest.digest()),
                            length,
                            Duration.ofNanos(System.nanoTime() - begun));
                });
    }

    /** Whole lines, about so many bytes of them. */
    private static byte[] lines(int about) {
        var block = new byte[about / LINE.length * LINE.length];
        for (var at = 0; at < block.length; at += LINE.length) {
            System.arraycopy(LINE, 0, block, at, LINE.length);
        }
        return block;
    }

    @FunctionalInterface
    private interface Service {
        Transfer serve(Socket socket) throws IOException;
    }

    private CompletableFuture<Transfer> serve(Service service) {
        var done = new CompletableFuture<Transfer>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try (var socket = server.accept()) {
                                done.complete(service.serve(socket));
                            } catch (IOException e) {
                                done.completeExceptionally(e);
                            }
                        });
        return done;
    }

    /** Every question for an IPv4 address is answered with {@link #ANSWER}, others with nothing. */
    private void answerNames() {
        try {
            while (true) {
                var packet = new DatagramPacket(new byte[512], 512);
                names.receive(packet);
                var question = Arrays.copyOf(packet.getData(), packet.getLength());
                var end = 12;
                while (question[end] != 0) {
                    end += question[end] + 1;
                }
                end += 5;
                var wantsV4 = question[end - 3] == 1;
                var answer = Arrays.copyOf(question, end + (wantsV4 ? 16 : 0));
                answer[2] = (byte) 0x81;
                answer[3] = (byte) 0x80;
                answer[7] = (byte) (wantsV4 ? 1 : 0);
                answer[11] = 0;
                if (wantsV4) {
                    byte[] record = {
                        (byte) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, (byte) 192, 0, 2, 7
                    };
                    System.arraycopy(record, 0, answer, end, record.length);
                }
                names.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        } catch (IOException e) {
            if (!names.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The MD5 sum of some bytes, in hexadecimal digits, as {@code md5sum} prints it. */
    static String sum(byte[] bytes) {
        return HexFormat.of().formatHex(md5().digest(bytes));
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        names.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
