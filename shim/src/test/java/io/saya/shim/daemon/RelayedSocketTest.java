package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.load.ConfigLoader;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayedSocketTest {

    /**
     * A next daemon would not find the agent by another way, and another guest's agent would not
     * have what was on its way.
     */
    @ParameterizedTest
    @CsvSource({
        "saya-initrd.img, virtio-serial, 3, 3",
        "saya-initrd.img, virtio-serial, 0, 0",
        "saya-initrd.img, hybrid-vsock, 3, 0",
        "saya-initrd.img, vsock, 3, 0",
        "kata-containers-initrd.img, virtio-serial, 3, 0"
    })
    void onlyTheDaemonOfTheDefaultGuestsAgentAtItsSerialPortIsFollowed(
            String initrd, String transport, int allowed, int expected) throws Exception {
        String file =
                """
                [hypervisor.qemu]
                initrd = "/nowhere/%s"
                [agent.kata]
                transport = "%s"
                vhost_user_vsock_daemon = "/bin/true"
                [runtime]
                daemon_restarts = %d
                """
                        .formatted(initrd, transport, allowed);

        assertThat(
                        RelayedSocket.restarts(
                                new ConfigLoader(Path.of("/nowhere")).parse(file).config()))
                .isEqualTo(expected);
    }
}
