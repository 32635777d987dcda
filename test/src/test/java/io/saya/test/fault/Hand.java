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

    private static final Duration AGAIN = Duration.ofSeconds(5);

    private Hand() {}

    /** Asks for the act, and returns when it is answered. */
    static void tell(Path runDirectory, String word) {
        var address = UnixDomainSocketAddress.of(runDirectory.resolve("hand.sock"));
        // QEMU listens a moment after it was started.
        Wait.until(LIMIT, () -> Files.exists(address.getPath()));
        try (var channel = SocketChannel.open(address)) {
            channel.configureBlocking(false);
            var answer = ByteBuffer.allocate(64);
            long deadline = System.nanoTime() + LIMIT.toNanos();
            // While the guest boots nobody listens yet; a word said twice does no harm.
            do {
                channel.write(ByteBuffer.wrap((word + "\n").getBytes(US_ASCII)));
            } while (!Wait.until(AGAIN, () -> read(channel, answer))
                    && System.nanoTime() - deadline < 0);
            if (answer.position() == 0) {
                throw new AssertionError(
                        "the hand in the guest does not answer to " + word + " within " + LIMIT);
            }
        } catch (IOException e) {
            throw new AssertionError("the hand in the guest cannot be told to " + word, e);
        }
    }

    /** True if there is an answer, or no process any more that could give one. */
    private static boolean read(SocketChannel channel, ByteBuffer answer) {
        try {
            return channel.read(answer) != 0;
        } catch (IOException e) {
            return true;
        }
    }
}
