package io.saya.test.cri;

import static io.saya.test.cri.Limited.container;
import static io.saya.test.cri.Limited.resources;
import static io.saya.test.cri.Limited.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Machines whose memory is taken from the host's huge pages, ahead. */
@WithProduct
final class MemoryBackingTest extends PodSuite {
    private static final Path SET_ASIDE = Path.of("/proc/sys/vm/nr_hugepages");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Enough for a machine of 64 MiB for its containers and one more container of 64 MiB. */
    private static final int PAGES = 160;

    private int before;

    @BeforeAll
    void pages() throws IOException {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no machine");
        before = Integer.parseInt(Files.readString(SET_ASIDE).strip());
        Files.writeString(SET_ASIDE, Integer.toString(before + PAGES));
        assumeTrue(free() >= PAGES, "the host has not that many huge pages");
    }

    @AfterAll
    void noPages() throws IOException {
        Files.writeString(SET_ASIDE, Integer.toString(before));
    }

    @Override
    protected Node newNode() {
        return Node.with("[hypervisor.qemu]\nenable_hugepages = true\n");
    }

    private static long free() {
        try {
            var matcher =
                    Pattern.compile("HugePages_Free: *(\\d+)")
                            .matcher(Files.readString(Path.of("/proc/meminfo")));
            assertThat(matcher.find()).isTrue();
            return Long.parseLong(matcher.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void hugePagesAreTakenAheadAndGivenBack() {
        var had = free();
        var pod = pod(told(resources(64, 1)));
        // 64 MiB, 2 for their account, 128 for the guest.
        assertThat(free()).isEqualTo(had - 97);
        var first = container(pod, "first", resources(64, 1));
        assertThat(pod.exec(first, "true").status()).isZero();
        var _ = container(pod, "second", resources(64, 1));
        // A guest that is slow takes what it was offered later.
        Wait.until(LIMIT, () -> free() <= had - 97 - 30);
        assertThat(free()).isBetween(had - 97 - 36, had - 97 - 30);
        pod.remove();
        assertThat(free()).isEqualTo(had);
    }

    @Test
    void aStartForWhichThereAreTooFewSaysHowManyAreMissing() {
        assertThatThrownBy(() -> pod(told(resources(1024, 1))))
                .hasMessageContaining("huge pages of 2048 KiB")
                .hasMessageContaining("raise vm.nr_hugepages by");
    }
}
