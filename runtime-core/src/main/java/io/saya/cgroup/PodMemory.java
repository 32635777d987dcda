package io.saya.cgroup;

import java.util.OptionalLong;

/**
 * What the cgroup that a sandbox's is in, the pod's, tells of its memory at one moment.
 *
 * @param limitBytes empty: no limit
 * @param heldBytes what the kernel cannot take back by itself where there is no swap: anonymous and
 *     shared memory, which a VM's is; files in the page cache are not counted
 * @param stalledMicros for how long some of its processes have waited for memory, in µs since the
 *     cgroup was made; empty where the kernel does not count that (version 1, or no PSI)
 */
public record PodMemory(OptionalLong limitBytes, long heldBytes, OptionalLong stalledMicros) {

    /** Where there is nothing to read it from. */
    public static final PodMemory UNKNOWN =
            new PodMemory(OptionalLong.empty(), 0, OptionalLong.empty());

    /**
     * Reads the texts of the files, of which any may be empty.
     *
     * @param limit of {@code memory.max} or {@code memory.limit_in_bytes}
     * @param stat of {@code memory.stat}, of either version
     * @param pressure of {@code memory.pressure}
     */
    static PodMemory of(String limit, String stat, String pressure) {
        long held = 0;
        for (String line : stat.split("\n", -1)) {
            int blank = line.indexOf(' ');
            switch (blank < 0 ? "" : line.substring(0, blank)) {
                // Version 1 has the first two without what is below the cgroup.
                case "anon", "total_rss", "total_shmem" -> held += number(line, blank);
                case "shmem" -> held += stat.contains("total_shmem") ? 0 : number(line, blank);
                default -> {
                    // Page cache, or a figure of another kind.
                }
            }
        }
        return new PodMemory(PodLimits.number(limit), held, stalled(pressure));
    }

    private static long number(String line, int blank) {
        return PodLimits.number(line.substring(blank + 1)).orElse(0);
    }

    /** Of the line {@code some avg10=0.00 avg60=0.00 avg300=0.00 total=391455}. */
    private static OptionalLong stalled(String pressure) {
        int total = pressure.startsWith("some ") ? pressure.indexOf(" total=") : -1;
        int end = pressure.indexOf('\n');
        return total < 0 || end < total
                ? OptionalLong.empty()
                : PodLimits.number(pressure.substring(total + " total=".length(), end));
    }
}
