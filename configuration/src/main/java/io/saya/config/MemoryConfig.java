package io.saya.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Guest memory, in MiB.
 *
 * @param defaultMib at boot ({@code default_memory}), at least 128
 * @param maxMib ceiling that hot-plug can reach ({@code default_maxmemory}), at least {@code
 *     defaultMib}
 * @param overheadMib of a statically sized machine, added to what its containers may use instead of
 *     {@code defaultMib} ({@code overhead_memory}); 0: see there
 * @param source where it comes from
 * @param reclaimFreed balloon with free page reporting ({@code reclaim_guest_freed_memory})
 * @param swap for containers that ask for it
 * @param plugging how it grows while the guest runs
 */
public record MemoryConfig(
        int defaultMib,
        int maxMib,
        int overheadMib,
        Source source,
        boolean reclaimFreed,
        Swap swap,
        Plugging plugging) {

    /** Below this the default guest does not boot. */
    public static final int MINIMUM_MIB = 128;

    /**
     * Where the memory of guests comes from.
     *
     * @param preallocate whether all of it is taken before boot ({@code enable_mem_prealloc})
     * @param hugePages whether it is of the host's huge pages ({@code enable_hugepages})
     * @param numa the guest's NUMA nodes
     */
    public record Source(boolean preallocate, boolean hugePages, Numa numa) {}

    /**
     * Swap of guests.
     *
     * @param enabled whether there is any ({@code enable_guest_swap})
     * @param directory of its files ({@code guest_swap_path})
     * @param percent of its memory limit, for a container that does not say how much it wants
     *     ({@code guest_swap_size_percent})
     */
    public record Swap(boolean enabled, Path directory, int percent) {}

    /**
     * NUMA nodes of guests.
     *
     * @param enabled whether guests have the host's ({@code enable_numa})
     * @param mapping of each node of a guest those of the host, such as {@code 0-1} ({@code
     *     numa_mapping}); empty: one for each of the host's
     */
    public record Numa(boolean enabled, List<String> mapping) {

        public Numa {
            mapping = List.copyOf(mapping);
        }
    }

    /**
     * How a running guest gets memory.
     *
     * @param virtioMem by one device that grows and shrinks ({@code enable_virtio_mem}; the default
     *     guest always), else by modules
     * @param slots for how many modules there is a place ({@code memory_slots})
     */
    public record Plugging(boolean virtioMem, int slots) {}

    public MemoryConfig {
        if (defaultMib < MINIMUM_MIB || maxMib < defaultMib) {
            throw new IllegalArgumentException(
                    "memory: default " + defaultMib + " MiB, ceiling " + maxMib + " MiB");
        }
    }
}
