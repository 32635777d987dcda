package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.load.ConfigLoader;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayedSocketTest {

    /** A next daemon would not find the agent by another way. */
    @ParameterizedTest
    @CsvSource({"virtio-serial, 3, 3", "virtio-serial, 0, 0", "hybrid-vsock, 3, 0", "vsock, 3, 0"})
    void onlyTheDaemonOfAnAgentAtItsSerialPortIsFollowed(
            String transport, int allowed, int expected) throws Exception {
        String file =
                """
                [agent.kata]
                transport = "%s"
                vhost_user_vsock_daemon = "/bin/true"
                [runtime]
                daemon_restarts = %d
                """
                        .formatted(transport, allowed);

        assertThat(
                        RelayedSocket.restarts(
                                new ConfigLoader(Path.of("/nowhere")).parse(file).config()))
                .isEqualTo(expected);
    }
}
