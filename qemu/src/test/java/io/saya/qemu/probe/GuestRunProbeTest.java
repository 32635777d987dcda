package io.saya.qemu.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.qemu.LocalHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs real probe guests; under TCG, which is there everywhere and says nothing about KVM. */
@Timeout(120)
class GuestRunProbeTest {
    private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");

    private final LocalHost host = new LocalHost();

    @TempDir Path directory;

    @BeforeAll
    static void needsQemu() {
        assumeTrue(Files.isExecutable(QEMU), () -> QEMU + " is not installed");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        assertThat(host.anyAlive()).isFalse();
        host.close();
        try (var files = Files.newDirectoryStream(directory, "*.bin")) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aGuestThatComesToItsEndProvesTheAccelerator() {
        assertThat(probe("tcg", ProbeGuest.image()).verdict(QEMU))
                .isEqualTo(new KvmVerdict.Usable("host"));
    }

    @Test
    void aGuestThatNeverEndsIsGivenUp() {
        assertThat(probe("tcg", firmware("ebfe")).verdict(QEMU))
                .isEqualTo(
                        new KvmVerdict.Unusable(
                                "a guest of some 20 ms had not ended after 1000 ms of processor"
                                        + " time"));
    }

    @Test
    void aQemuThatFailsIsQuoted() {
        assertThat(probe("no-such-accelerator", ProbeGuest.image()).verdict(QEMU))
                .isInstanceOfSatisfying(
                        KvmVerdict.Unusable.class,
                        verdict ->
                                assertThat(verdict.reason())
                                        .contains("QEMU ended with exit code 1 and printed: ")
                                        .contains("no-such-accelerator"));
    }

    @Test
    void aQemuThatIsNotThereDecidesNothing() {
        assertThat(probe("tcg", ProbeGuest.image()).verdict(Path.of("/nonexistent/qemu")))
                .isInstanceOfSatisfying(
                        KvmVerdict.Undecided.class,
                        verdict -> assertThat(verdict.reason()).contains("/nonexistent/qemu"));
    }

    @Test
    void theHostsOwnKvmGetsAVerdict() {
        assumeTrue(Files.isWritable(Path.of("/dev/kvm")), "no /dev/kvm");
        assertThat(probe("kvm", ProbeGuest.image()).verdict(QEMU))
                .isNotInstanceOf(KvmVerdict.Undecided.class);
    }

    private GuestRunProbe probe(String accelerator, byte[] firmware) {
        return new GuestRunProbe(host, directory, accelerator, firmware);
    }

    /** Firmware that consists of what stands at the reset vector. */
    private static byte[] firmware(String code) {
        byte[] image = new byte[64 * 1024];
        byte[] bytes = HexFormat.of().parseHex(code);
        System.arraycopy(bytes, 0, image, 0xfff0, bytes.length);
        return image;
    }
}
