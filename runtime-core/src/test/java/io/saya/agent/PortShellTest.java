package io.saya.agent;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestShell;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PortShellTest {
    @TempDir Path directory;

    private static String read(SocketChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            // more
        }
        return new String(bytes.array(), 0, bytes.position(), US_ASCII);
    }

    @Test
    void itIsAtThePortThatTheAgentWasToldOf() throws Exception {
        Path socket = directory.resolve("host.sock");
        try (ServerSocketChannel daemon = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Transport transport = Transport.open("shell")) {
            daemon.bind(UnixDomainSocketAddress.of(socket));
            CompletableFuture<String> typed = new CompletableFuture<>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (SocketChannel peer = daemon.accept()) {
                                    String port = read(peer, "CONNECT 1026\n".length());
                                    peer.write(ByteBuffer.wrap("OK 1\n$ ".getBytes(US_ASCII)));
                                    typed.complete(port + read(peer, 3));
                                } catch (IOException e) {
                                    typed.completeExceptionally(e);
                                }
                            });
            GuestShell shell = PortShell.of(transport, new AgentEndpoint.HybridVsock(socket, 1024));
            try (GuestShell.Session session = shell.open()) {
                assertThat(session.read()).isEqualTo("$ ".getBytes(US_ASCII));
                session.type("id\n".getBytes(US_ASCII));
                assertThat(typed.get(20, TimeUnit.SECONDS)).isEqualTo("CONNECT 1026\nid\n");
                assertThat(session.read()).isEmpty();
            }
        }
    }

    @Test
    void aGuestWithoutOneIsToldOf() {
        try (Transport transport = Transport.open("shell")) {
            GuestShell shell =
                    PortShell.of(
                            transport,
                            new AgentEndpoint.HybridVsock(directory.resolve("none"), 1024));
            assertThatThrownBy(shell::open)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("none:1026");
        }
    }
}
