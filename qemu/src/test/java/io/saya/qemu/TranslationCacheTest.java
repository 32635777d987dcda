package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a machine that QEMU emulates has room for the code of one more virtual CPU. */
final class TranslationCacheTest {
    private static final long CAPACITY = (64L << 20) - 16 * 4096;

    @ParameterizedTest
    @CsvSource({
        // places, CPUs, MiB used, whether a piece is left: 16 pieces of 4 MiB
        "2, 1, 0, true",
        "2, 1, 55, true",
        "2, 1, 60, false",
        "2, 1, 63, false",
        // 31 of 2 MiB
        "4, 3, 50, true",
        "4, 3, 58, false",
        // one for each place
        "64, 1, 0, true",
        "64, 63, 40, false",
    })
    void aPieceIsLeft(int places, int cpus, long mib, boolean left) {
        assertThat(new TranslationCache(mib << 20, CAPACITY).hasPieceLeft(cpus, places))
                .isEqualTo(left);
    }

    @Test
    void whatQemuSaysIsRead() {
        assertThat(
                        TranslationCache.read(
                                "Translation buffer state:\ngen code size       20/67100672\n"))
                .contains(new TranslationCache(20, 67100672));
        assertThat(TranslationCache.read("nothing of the kind")).isEmpty();
        assertThat(TranslationCache.read("gen code size 1/0")).isEmpty();
    }
}
