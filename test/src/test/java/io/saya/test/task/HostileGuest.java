package io.saya.test.task;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.fault.Hand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Makes sandboxes with a real VM whose guest attacks: the guest of the fault suite, whose hand does
 * what {@code test/hostile/attack.c} can.
 */
final class HostileGuest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Path RUN = Path.of("/run/saya");

    private HostileGuest() {}

    /**
     * Prepares a sandbox.
     *
     * @param directory that of the suite
     */
    static Watched prepare(Path directory, String id) throws IOException {
        var guest = directory.resolve("guest");
        if (!Files.exists(guest)) {
            var tests = Containerd.product().resolve("../../../test").normalize();
            var program = directory.resolve("attack").toString();
            Ran.run(
                            LIMIT,
                            "gcc",
                            "-std=gnu17",
                            "-O1",
                            "-static",
                            "-o",
                            program,
                            tests.resolve("hostile/attack.c").toString())
                    .succeeded();
            Ran.run(
                            LIMIT,
                            tests.resolve("fault/guest.sh").toString(),
                            Containerd.product().toString(),
                            guest.toString(),
                            program)
                    .succeeded();
        }
        return Watched.prepare(directory, id, "qemu-system", guest.resolve("configuration.toml"));
    }

    /** Has the guest's root begin, in a way that the program knows, beside what it does already. */
    static void attack(Watched guest, String way) {
        tell(guest, "attack " + way);
    }

    /** Ends all attacks. */
    static void calm(Watched guest) {
        tell(guest, "calm");
    }

    private static void tell(Watched guest, String words) {
        for (var entry : Host.list(RUN)) {
            if (entry.getFileName().toString().startsWith(guest.id() + "-")) {
                Hand.tell(entry, words);
                return;
            }
        }
        throw new AssertionError("no run directory of " + guest.id());
    }
}
