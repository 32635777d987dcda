package io.saya.qemu;

import io.saya.hypervisor.GuestConsole;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the guest's console from its first byte on, in a virtual thread of its own, and keeps the
 * tail. A console that nobody reads would block the guest; one that is read as fast as a guest
 * likes would cost the host what no limit of the pod counts. So a guest that prints without end
 * waits for its console, as it would for a serial line. Thread safe.
 */
final class ConsoleReader implements GuestConsole, AutoCloseable {
    /**
     * What a read costs beside its bytes, counted in bytes: each wakes a thread, and QEMU writes
     * some guests' consoles byte by byte.
     */
    private static final int READ_COST = 2 << 10;

    /** Bytes in one go: a kernel that tells everything while it boots. */
    private static final int BURST = 2 << 20;

    /** Bytes a second in the long run: each line of them is looked at. */
    private static final int BYTES_PER_SECOND = 16 << 10;

    /** The longest sleep, so that what is left is read soon when the guest has ended. */
    private static final Duration GLANCE = Duration.ofMillis(100);

    private static final Log LOG = Log.of("qemu");

    private final SocketChannel channel;
    private final Pace pace = new Pace(BURST, BYTES_PER_SECOND);
    private final ConsoleTail tail = new ConsoleTail();
    private final ConsoleLines lines;
    private final AtomicReference<@Nullable Consumer<byte[]>> attached = new AtomicReference<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean hurried;

    private ConsoleReader(SocketChannel channel, ConsoleLines lines) {
        this.channel = channel;
        this.lines = lines;
    }

    /**
     * Connects and starts to read.
     *
     * @param told whether each line goes on to the log
     * @throws IOException if nobody listens at {@code socket}
     */
    static ConsoleReader open(Path socket, String owner, boolean told) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            channel.close();
            throw new IOException("connect " + socket + ": " + e.getMessage(), e);
        }
        ConsoleReader reader = new ConsoleReader(channel, new ConsoleLines(told));
        Thread.ofVirtual().name("console-" + owner).start(reader::readAll);
        return reader;
    }

    String tail() {
        return tail.text();
    }

    @Override
    public List<Line> lines() {
        return lines.all();
    }

    @Override
    public AutoCloseable attach(Consumer<byte[]> output) throws IOException {
        if (!attached.compareAndSet(null, output)) {
            throw new IOException("somebody else uses the guest's console");
        }
        return () -> attached.compareAndSet(output, null);
    }

    @Override
    public void type(byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
    }

    /** The guest has ended: reads what is left, which the kernel's buffer bounds, at once. */
    void hurry() {
        hurried = true;
    }

    /** Completes, never exceptionally, when no byte will follow. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is left to be read or written, and the kernel has taken the descriptor back.
            ended.complete(null);
        }
    }

    private void readAll() {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        try (channel) {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                int count = buffer.remaining();
                tail.add(buffer.duplicate());
                lines.add(buffer.duplicate());
                Consumer<byte[]> output = attached.get();
                if (output != null) {
                    byte[] bytes = new byte[buffer.remaining()];
                    buffer.get(bytes);
                    hand(output, bytes);
                }
                buffer.clear();
                rest(pace.spend(READ_COST + count));
            }
        } catch (IOException e) {
            // Closed by us, or QEMU is gone: either way the console has ended.
            close();
        } finally {
            ended.complete(null);
        }
    }

    /** One who looks on must not end what everybody reads. */
    private void hand(Consumer<byte[]> output, byte[] bytes) {
        try {
            output.accept(bytes);
        } catch (RuntimeException | Error e) {
            LOG.warn("the guest's console is shown no more", "error", e);
            attached.compareAndSet(output, null);
        }
    }

    private void rest(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0 && !hurried; left = end - System.nanoTime()) {
            if (!Waited.pause(Duration.ofNanos(Math.min(left, GLANCE.toNanos())))) {
                return;
            }
        }
    }
}
