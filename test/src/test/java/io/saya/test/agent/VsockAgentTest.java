package io.saya.test.agent;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.WithProduct;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The default guest's agent by the host's vsock. Few hosts of tests have one; the Debian machine of
 * {@code test/machine/vsock.sh} does, and emulates the guest once more.
 */
@WithProduct
@Timeout(3600)
final class VsockAgentTest extends AgentContract {

    private static final Path DEVICE = Path.of("/dev/vhost-vsock");

    /** Above those that people give by hand. */
    private static final int FIRST_GUEST = 1 << 20;

    @TempDir static Path directory = Path.of("");

    private final long guestId = FIRST_GUEST + ProcessHandle.current().pid();
    private @Nullable BareGuest guest;

    @Override
    AgentAddress address() throws Exception {
        if (guest == null) {
            assumeTrue(Files.exists(DEVICE), "this host's kernel has no vsock: no " + DEVICE);
            guest =
                    new BareGuest(
                            directory, List.of("-device", "vhost-vsock-pci,guest-cid=" + guestId));
        }
        guest.check();
        return AgentAddress.parse("vsock:" + guestId + ":1024", "ttrpc");
    }

    @Override
    Duration bootLimit() {
        return Duration.ofMinutes(20);
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }
}
