package io.saya.shim.management;

import io.saya.hypervisor.GuestShell;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** A client at a shell in the guest: bytes in both directions until one of them hangs up. */
final class ConsoleSession {

    private ConsoleSession() {}

    static void run(SocketChannel client, Optional<GuestShell> shell) throws IOException {
        if (shell.isEmpty()) {
            ManagementSocket.send(
                    client,
                    "403 Forbidden",
                    "text/plain",
                    "the debug console is off: set debug_console_enabled = true in [agent.kata]"
                            + " before the sandbox starts\n");
            return;
        }
        boolean _ = Waited.<IOException>untilInterrupted(() -> run(client, shell.get()));
    }

    private static void run(SocketChannel client, GuestShell shell)
            throws IOException, InterruptedException {
        GuestShell.Session opened;
        try {
            opened = shell.open();
        } catch (IOException e) {
            ManagementSocket.send(client, "409 Conflict", "text/plain", e.getMessage() + "\n");
            return;
        }
        try (opened) {
            ManagementSocket.write(
                    client,
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: console\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            Thread output =
                    Thread.ofVirtual().name("console output").start(() -> pump(opened, client));
            try {
                ByteBuffer typed = ByteBuffer.allocate(1024);
                while (client.read(typed) >= 0) {
                    opened.type(Arrays.copyOf(typed.array(), typed.position()));
                    typed.clear();
                }
            } finally {
                output.interrupt();
            }
        }
    }

    private static void pump(GuestShell.Session session, SocketChannel client) {
        // A shell that has ended ends the session.
        try (client) {
            boolean _ =
                    Waited.untilInterrupted(
                            () -> {
                                for (byte[] bytes = session.read();
                                        bytes.length > 0;
                                        bytes = session.read()) {
                                    ManagementSocket.write(client, bytes);
                                }
                            });
        } catch (IOException _) {
            // The client is gone; the thread that reads from it ends the session.
        }
    }
}
