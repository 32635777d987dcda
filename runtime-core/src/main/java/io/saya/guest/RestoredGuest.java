package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.failure.RuntimeFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Gives a guest that goes on from a template what no two guests may share, before it is asked to do
 * anything else: random numbers of its own, and the time.
 */
final class RestoredGuest {
    /** Of the host's kernel, which never blocks once it has booted. */
    private static final Path RANDOM = Path.of("/dev/urandom");

    /** Twice what Linux' generator holds. */
    private static final int SECRET_BYTES = 64;

    private RestoredGuest() {}

    /**
     * Blocks until the guest has both.
     *
     * @throws RuntimeFailure if it has not: nothing may run in it then
     */
    static void makeItsOwn(Agent agent) {
        agent.reseed(secret());
        agent.setTime(Instant.now());
    }

    private static byte[] secret() {
        try (InputStream random = Files.newInputStream(RANDOM)) {
            byte[] secret = random.readNBytes(SECRET_BYTES);
            if (secret.length == SECRET_BYTES) {
                return secret;
            }
            throw new IOException("it ended after " + secret.length + " bytes");
        } catch (IOException e) {
            throw RuntimeFailure.internal(
                    "random numbers for the restored guest: " + RANDOM + ": " + e.getMessage(), e);
        }
    }
}
