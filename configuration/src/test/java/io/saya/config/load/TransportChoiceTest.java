package io.saya.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.AgentConfig.Transport;
import io.saya.config.Problem;
import io.saya.config.option.AgentOptions;
import io.saya.config.option.VmOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransportChoiceTest {

    private static final boolean DEVICE = true;
    private static final boolean NO_DEVICE = false;
    private static final String DAEMON = "cargo install --root /usr/local vhost-device-vsock";

    @TempDir Path root;

    private static EffectiveConfig config(
            Transport wanted, String initrd, String image, String daemon) {
        EffectiveConfig.Builder whole = EffectiveConfig.builder();
        whole.set(new Setting<>(AgentOptions.TRANSPORT, wanted, new Origin.BuiltIn()));
        whole.set(new Setting<>(VmOptions.INITRD, Path.of(initrd), new Origin.BuiltIn()));
        whole.set(new Setting<>(VmOptions.IMAGE, Path.of(image), new Origin.BuiltIn()));
        whole.set(new Setting<>(AgentOptions.VSOCK_DAEMON, Path.of(daemon), new Origin.BuiltIn()));
        return whole.build();
    }

    @ParameterizedTest
    @CsvSource({
        "/opt/saya/share/saya/saya-initrd.img, '', '', VIRTIO_SERIAL, false",
        "/opt/saya/share/saya/saya-initrd.img, '', /usr/bin/vsockd, VIRTIO_SERIAL, false",
        "/opt/kata/share/kata-containers/initrd.img, '', /usr/bin/vsockd, HYBRID_VSOCK, false",
        "'', /opt/kata/share/kata-containers/kata-ubuntu.image, '', VIRTIO_SERIAL, true",
        "'', /srv/kata-containers.img, '', VIRTIO_SERIAL, true",
        "'', /srv/guests/mine.img, /usr/bin/vsockd, HYBRID_VSOCK, false",
        "'', /srv/guests/mine.img, '', VIRTIO_SERIAL, false",
        "/home/katarina/initrd.img, '', '', VIRTIO_SERIAL, false"
    })
    void withoutTheKernelsVsockGuestAndDaemonDecide(
            String initrd, String image, String daemon, Transport expected, boolean impossible) {
        TransportChoice choice =
                new TransportChoice(config(Transport.AUTO, initrd, image, daemon), NO_DEVICE);

        assertThat(choice.transport()).isEqualTo(expected);
        assertThat(choice.fault().isEmpty()).isNotEqualTo(impossible);
    }

    @ParameterizedTest
    @CsvSource({
        "/opt/saya/share/saya/saya-initrd.img, '', VIRTIO_SERIAL",
        "/opt/saya/share/saya/saya-initrd.img, /usr/bin/vsockd, VIRTIO_SERIAL",
        "/opt/kata/initrd, /usr/bin/vsockd, HYBRID_VSOCK",
        "/opt/kata/initrd, '', VSOCK"
    })
    void theKernelsVsockThatAllUsersCanReachComesLast(
            String initrd, String daemon, Transport expected) {
        TransportChoice choice =
                new TransportChoice(config(Transport.AUTO, initrd, "", daemon), DEVICE);

        assertThat(choice.transport()).isEqualTo(expected);
        assertThat(choice.fault()).isEmpty();
    }

    @Test
    void whatIsWrittenDecides() {
        TransportChoice choice =
                new TransportChoice(
                        config(Transport.VIRTIO_SERIAL, "/opt/kata/initrd", "", ""), NO_DEVICE);

        assertThat(choice.transport()).isEqualTo(Transport.VIRTIO_SERIAL);
        assertThat(choice.fault()).isEmpty();
    }

    /** Advice that leads to the next error is none: what is advised must start this guest. */
    @ParameterizedTest
    @CsvSource({
        "VSOCK, /opt/saya/saya-initrd.img, '', true",
        "VSOCK, /opt/kata/initrd, /usr/bin/vsockd, true",
        "VSOCK, /opt/kata/initrd, '', false",
        "VSOCK, /srv/guests/mine, '', false",
        "HYBRID_VSOCK, /opt/saya/saya-initrd.img, '', true",
        "HYBRID_VSOCK, /opt/kata/initrd, '', false",
        "HYBRID_VSOCK, /srv/guests/mine, '', false",
        "AUTO, /opt/kata/initrd, '', false"
    })
    void autoIsAdvisedAsItIsOnlyWhereItReachesTheGuest(
            Transport written, String initrd, String daemon, boolean auto) {
        String fault = new TransportChoice(config(written, initrd, "", daemon), NO_DEVICE).fault();

        assertThat(fault).contains("vhost");
        assertThat(fault.contains(", or write transport = \"auto\"")).as(fault).isEqualTo(auto);
        if (auto) {
            assertThat(new TransportChoice(config(Transport.AUTO, initrd, "", daemon), NO_DEVICE))
                    .returns("", TransportChoice::fault);
        } else {
            assertThat(fault)
                    .contains("modprobe vhost_vsock")
                    .contains(DAEMON)
                    .contains("transport = \"virtio-serial\"");
        }
    }

    @Test
    void hybridVsockOnAHostWhoseKernelHasVsockMayBeLeftToTheRuntime() {
        assertThat(
                        new TransportChoice(
                                        config(Transport.HYBRID_VSOCK, "/opt/kata/initrd", "", ""),
                                        DEVICE)
                                .fault())
                .contains(DAEMON)
                .endsWith(", or write transport = \"auto\" in [agent.kata]");
    }

    @Test
    void aKataGuestOnAHostWithoutVsockIsRefusedWithWhatToDo() throws IOException {
        Assumptions.assumeFalse(java.nio.file.Files.exists(Path.of("/dev/vhost-vsock")));
        TestHost host = new TestHost(root);
        Path image = host.write("kata-containers.img", "image");
        String text = host.hypervisor("image = \"" + image + "\"\n");

        assertThat(host.loader().validate(host.write("a.toml", text)))
                .extracting(Problem::text)
                .anyMatch(said -> said.contains("modprobe vhost_vsock") && said.contains(DAEMON));
        assertThat(
                        host.loader()
                                .validate(
                                        host.write(
                                                "b.toml",
                                                text
                                                        + "[agent.kata]\nvhost_user_vsock_daemon ="
                                                        + " \""
                                                        + host.path("qemu")
                                                        + "\"\n")))
                .isEmpty();
    }

    @Test
    void hybridVsockWithoutItsDaemonIsRefused() throws IOException {
        TestHost host = new TestHost(root);
        String text = host.hypervisor("[agent.kata]\ntransport = \"hybrid-vsock\"\n");

        assertThat(
                        host.loader()
                                .validate(
                                        host.write(
                                                "a.toml",
                                                text + "vhost_user_vsock_daemon = \"/none\"\n")))
                .extracting(Problem::text)
                .anyMatch(said -> said.contains("/none") && said.contains("does not exist"));
    }
}
