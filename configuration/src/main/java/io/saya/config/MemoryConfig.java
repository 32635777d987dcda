package io.saya.config;

/**
 * Guest memory, in MiB.
 *
 * @param defaultMib at boot ({@code default_memory}), at least 128
 * @param maxMib ceiling that hot-plug can reach ({@code default_maxmemory}), at least {@code
 *     defaultMib}
 * @param preallocate take all memory before boot ({@code enable_mem_prealloc})
 * @param hugePages of the host's huge pages ({@code enable_hugepages})
 * @param reclaimFreed balloon with free page reporting ({@code reclaim_guest_freed_memory})
 * @param guestSwap swap files for containers that ask for swap ({@code enable_guest_swap})
 * @param overheadMib of a statically sized machine, added to what its containers may use instead of
 *     {@code defaultMib} ({@code overhead_memory}); 0: see there
 */
public record MemoryConfig(
        int defaultMib,
        int maxMib,
        boolean preallocate,
        boolean hugePages,
        boolean reclaimFreed,
        boolean guestSwap,
        int overheadMib) {

    /** Below this the default guest does not boot. */
    public static final int MINIMUM_MIB = 128;

    public MemoryConfig {
        if (defaultMib < MINIMUM_MIB || maxMib < defaultMib) {
            throw new IllegalArgumentException(
                    "memory: default " + defaultMib + " MiB, ceiling " + maxMib + " MiB");
        }
    }
}
