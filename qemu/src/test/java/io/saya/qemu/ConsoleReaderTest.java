package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConsoleReaderTest {
    @TempDir Path directory;

    @Test
    void oneWhoLooksOnAndFailsEndsNothingForOthers() throws Exception {
        Path socket = directory.resolve("console.sock");
        try (ServerSocketChannel qemu = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            qemu.bind(UnixDomainSocketAddress.of(socket));
            try (ConsoleReader reader = ConsoleReader.open(socket, "sb", false);
                    SocketChannel guest = qemu.accept()) {
                CountDownLatch shown = new CountDownLatch(1);
                var _ =
                        reader.attach(
                                _ -> {
                                    shown.countDown();
                                    throw new IllegalStateException("nobody has thought of it");
                                });
                print(guest, "first\n");
                assertThat(shown.await(20, TimeUnit.SECONDS)).isTrue();
                print(guest, "second\n");
                guest.shutdownOutput();
                reader.ended().get(20, TimeUnit.SECONDS);

                assertThat(reader.tail()).contains("first", "second");
            }
        }
    }

    private static void print(SocketChannel guest, String text) throws Exception {
        guest.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }
}
