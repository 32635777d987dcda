package io.saya.qemu;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How full the cache of translated code of an emulated machine is. QEMU divides it into pieces of
 * one size. Each virtual CPU fills a piece of its own and takes another when that is full; when
 * none is left, QEMU empties the cache. A virtual CPU that is plugged takes a piece as well, and
 * where none is left then, QEMU 7.2 aborts ({@code tcg_region_initial_alloc__locked}):
 * qemu/README.md#measured.
 *
 * @param used bytes of pieces that are full, and of what is in the others
 * @param capacity in bytes
 */
record TranslationCache(long used, long capacity) {
    private static final Pattern SIZE =
            Pattern.compile("gen code size {1,20}([0-9]{1,18})/([1-9][0-9]{6,17})");

    /** QEMU makes no smaller pieces, unless there are more places for CPUs than these. */
    private static final long LEAST_PIECE = 2L << 20;

    /** Pieces for each place of a CPU, if they do not become too small. */
    private static final int PIECES = 8;

    /** Reads QEMU's answer to {@code x-query-jit}; empty if it does not say, or nonsense. */
    static Optional<TranslationCache> read(String text) {
        Matcher size = SIZE.matcher(text);
        return size.find()
                ? Optional.of(
                        new TranslationCache(
                                Long.parseLong(size.group(1)), Long.parseLong(size.group(2))))
                : Optional.empty();
    }

    /**
     * Returns true if a piece is certainly left for one more virtual CPU.
     *
     * @param cpus that there are
     * @param places for CPUs, those that are taken included
     */
    boolean hasPieceLeft(int cpus, int places) {
        long pieces = Math.max(places, Math.min(capacity / LEAST_PIECE, (long) places * PIECES));
        // All CPUs may just have taken a new one.
        return used / (capacity / pieces) + cpus < pieces;
    }
}
