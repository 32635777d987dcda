package io.saya.test.fault;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.saya.test.Wait;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The hand in the guest (test/fault/init): does what it is told by one word. */
final class Hand {
    /** The guest may be booting still. */
    private static final Duration LIMIT = Duration.ofSeconds(45);

    private Hand() {}

    /** Has it done; returns when it answers. */
    static void tell(Path runDirectory, String word) {
        var address = UnixDomainSocketAddress.of(runDirectory.resolve("hand.sock"));
        // QEMU listens a moment after it was started.
        Wait.until(LIMIT, () -> Files.exists(address.getPath()));
        try (var channel = SocketChannel.open(address)) {
            channel.write(ByteBuffer.wrap((word + "\n").getBytes(US_ASCII)));
            channel.configureBlocking(false);
            var answer = ByteBuffer.allocate(64);
            if (!Wait.until(LIMIT, () -> read(channel, answer) && answer.position() > 0)) {
                throw new AssertionError(
                        "the hand in the guest does not answer to " + word + " within " + LIMIT);
            }
        } catch (IOException e) {
            throw new AssertionError("the hand in the guest cannot be told to " + word, e);
        }
    }

    private static boolean read(SocketChannel channel, ByteBuffer answer) {
        try {
            return channel.read(answer) != 0;
        } catch (IOException e) {
            return true;
        }
    }
}
