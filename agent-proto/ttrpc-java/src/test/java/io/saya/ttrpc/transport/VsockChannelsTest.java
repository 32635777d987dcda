package io.saya.ttrpc.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.LinuxSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class VsockChannelsTest {

    /** Of which there are few: one that is taken is not the end of it. */
    @Test
    void connectionsComeFromPortsThatOnlyRootHas() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/vsock")), "the host's kernel has no vsock");
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root may");
        Epoll.ensureAvailability();
        for (int i = 0; i < 20; i++) {
            LinuxSocket socket = LinuxSocket.newVSockStream();
            try {
                VsockChannels.bindPrivileged(socket);
                assertThat(socket.localVSockAddress().getPort()).isBetween(512, 1023);
            } finally {
                socket.close();
            }
        }
    }

    @Test
    void aGuestThatBootsIsLookedAtEverMoreRarely() {
        int looks = 0;
        for (long waited = 0; waited < 2_000_000_000L; looks++) {
            long interval = VsockChannels.pollInterval(waited);
            assertThat(interval).isLessThanOrEqualTo(Math.max(2_000_000, waited / 16));
            waited += interval;
        }
        assertThat(looks).isLessThan(200);
    }
}
