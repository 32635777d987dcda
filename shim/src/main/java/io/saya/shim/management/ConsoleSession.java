package io.saya.shim.management;

import io.saya.hypervisor.GuestConsole;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A client at the guest's console: bytes in both directions until it hangs up. What it does not
 * read in time is dropped: the guest must not wait for an operator.
 */
final class ConsoleSession {
    /** Pieces of at most 4 KiB that may wait for the client. */
    private static final int WAITING = 256;

    private ConsoleSession() {}

    static void run(SocketChannel client, GuestConsole console, boolean hasShell)
            throws IOException {
        if (!hasShell) {
            ManagementSocket.send(
                    client,
                    "403 Forbidden",
                    "text/plain",
                    "the debug console is off: set debug_console_enabled = true in [agent.kata]"
                            + " before the sandbox starts\n");
            return;
        }
        BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(WAITING);
        AutoCloseable attachment;
        try {
            attachment = console.attach(waiting::offer);
        } catch (IOException e) {
            ManagementSocket.send(client, "409 Conflict", "text/plain", e.getMessage() + "\n");
            return;
        }
        try (attachment) {
            ManagementSocket.write(
                    client,
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: console\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            Thread output =
                    Thread.ofVirtual().name("console output").start(() -> pump(waiting, client));
            try {
                ByteBuffer typed = ByteBuffer.allocate(1024);
                while (client.read(typed) >= 0) {
                    console.type(Arrays.copyOf(typed.array(), typed.position()));
                    typed.clear();
                }
            } finally {
                output.interrupt();
            }
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("console: " + e.getMessage(), e);
        }
    }

    private static void pump(BlockingQueue<byte[]> waiting, SocketChannel client) {
        try {
            boolean _ =
                    Waited.untilInterrupted(
                            () -> {
                                while (true) {
                                    ManagementSocket.write(client, waiting.take());
                                }
                            });
        } catch (IOException _) {
            // The client is gone; the thread that reads from it ends the session.
        }
    }
}
