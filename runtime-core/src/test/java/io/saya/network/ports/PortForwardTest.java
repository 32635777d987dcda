package io.saya.network.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.host.SpawnSpec;
import io.saya.host.guard.RealGuard;
import io.saya.io.ExhaustedListener;
import io.saya.network.QueuedStreams;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the real guard, in a network namespace of its own. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class PortForwardTest {
    @TempDir Path directory;

    @Test
    void aConnectionThatCannotBeTakenIsNotTheLast() throws Exception {
        try (RealGuard guard = new RealGuard(directory);
                PortForward _ =
                        start(guard, new ExhaustedListener(2), SpawnSpec.NEW_NETWORK_NAMESPACE)) {
            assertThat(dial()).isEqualTo(1);
        }
    }

    @Test
    void aDialThatFailsOtherwiseThanExpectedEndsThatConnectionAlone() throws Exception {
        try (RealGuard guard = new RealGuard(directory);
                PortForward _ =
                        start(
                                guard,
                                ServerSocketChannel.open(StandardProtocolFamily.UNIX),
                                SpawnSpec.NEW_NETWORK_NAMESPACE)) {
            assertThat(dial(666)).isEqualTo(-1);
            assertThat(dial()).isEqualTo(1);
        }
    }

    @Test
    void nothingIsLeftOfOneThatCannotBeStarted() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            assertThatThrownBy(() -> start(guard, listener, Path.of("/nowhere")))
                    .isInstanceOf(IOException.class);
            assertThat(listener.isOpen()).isFalse();
            assertThat(Files.exists(directory.resolve("ports.sock"))).isFalse();
        }
    }

    private PortForward start(RealGuard guard, ServerSocketChannel listener, Path namespace)
            throws IOException {
        return PortForward.start(
                listener,
                guard.host(),
                namespace,
                directory,
                "sandbox",
                port -> {
                    if (port == 666) {
                        throw new IllegalStateException("nobody has thought of it");
                    }
                    return new QueuedStreams();
                });
    }

    private int dial() throws IOException {
        return dial(80);
    }

    /** What is answered first; -1 if that is the end. */
    private int dial(int port) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(directory.resolve("ports.sock")));
            channel.write(ByteBuffer.allocate(2).putShort((short) port).flip());
            ByteBuffer answer = ByteBuffer.allocate(1);
            return channel.read(answer) < 0 ? -1 : answer.get(0);
        }
    }
}
