package io.saya.shim.service;

import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.Memory;
import java.util.Map;

/**
 * Memory statistics of a guest's cgroup, read alike whether the guest has cgroup v1 or v2. The
 * kernel's own names of the two (Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst)
 * stand side by side at each use.
 */
public final class GuestMemory {
    /** What cgroup v1 shows for "no limit": the largest number of pages, in bytes. */
    static final long UNLIMITED_V1 = 0x7fff_ffff_ffff_f000L;

    /** What cgroup v2's {@code max} becomes in containerd's messages: 2^64 - 1. */
    static final long UNLIMITED_V2 = -1L;

    /** The number from which on a limit counts as none: 2^62. */
    private static final long HIGHEST_LIMIT = 1L << 62;

    private final Memory stats;
    private final Map<String, Long> lines;
    private final boolean v2;

    public GuestMemory(Memory stats) {
        this.stats = stats;
        this.lines = stats.lines();
        // "anon" is a line of v2's memory.stat only; v1 calls it rss.
        this.v2 = lines.containsKey("anon");
    }

    /**
     * A line of memory.stat, 0 if the guest has none.
     *
     * @param v1 its name in cgroup v1; the value with all descendants, {@code total_...}, is
     *     preferred, as v2 counts
     * @param nameV2 its name in cgroup v2
     */
    public long line(String v1, String nameV2) {
        if (v2) {
            return lines.getOrDefault(nameV2, 0L);
        }
        Long total = lines.get("total_" + v1);
        return total != null ? total : lines.getOrDefault(v1, 0L);
    }

    /** A line that only cgroup v2 has; 0 otherwise. */
    long lineV2(String name) {
        return v2 ? lines.getOrDefault(name, 0L) : 0L;
    }

    /** A line of cgroup v1 without descendants; what v2 says of the whole otherwise. */
    long ownLine(String v1, String nameV2) {
        return lines.getOrDefault(v2 ? nameV2 : v1, 0L);
    }

    public Amount usage() {
        return stats.usage();
    }

    /** What the kernel uses for the container. */
    Amount kernel() {
        return v2 ? used("kernel") : stats.kernel();
    }

    /** That of TCP; of v2 that of all sockets. */
    Amount sockets() {
        return used("sock");
    }

    private Amount used(String line) {
        return new Amount(lineV2(line), 0, 0, UNLIMITED_V2);
    }

    /**
     * The number of processes that were killed because memory ran out, as far as the guest tells.
     */
    long oomKills() {
        return lines.getOrDefault("oom_kill", 0L);
    }

    /** Swap without memory, as v2 counts; its limit is one, or {@link #UNLIMITED_V2}. */
    public Amount swapOnly() {
        Amount swap = stats.swap();
        return v2
                ? new Amount(swap.usage(), swap.maxUsage(), swap.failures(), swapLimit())
                : shifted(swap, -1);
    }

    /** In v2 alone a limit of 0 is one: no swap at all. */
    private long swapLimit() {
        long limit = stats.swap().limit();
        boolean none = v2 ? isBeyondAll(limit) : isUnlimited(limit);
        return none ? UNLIMITED_V2 : limit;
    }

    /** Memory and swap together, as v1 counts ({@code memsw}). */
    Amount memoryAndSwap() {
        Amount swap = stats.swap();
        return v2 ? shifted(swap, 1) : swap;
    }

    private Amount shifted(Amount swap, int sign) {
        Amount memory = stats.usage();
        return new Amount(
                Math.max(0, swap.usage() + sign * memory.usage()),
                Math.max(0, swap.maxUsage() + sign * memory.maxUsage()),
                swap.failures(),
                swapLimit() == UNLIMITED_V2 || isUnlimited(memory.limit())
                        ? UNLIMITED_V2
                        : Math.max(0, swap.limit() + sign * memory.limit()));
    }

    static long limitV1(long limit) {
        return isUnlimited(limit) ? UNLIMITED_V1 : limit;
    }

    static long limitV2(long limit) {
        return isUnlimited(limit) ? UNLIMITED_V2 : limit;
    }

    /** True if a limit is none, in whatever way the guest's kernel says so. */
    public static boolean isUnlimited(long limit) {
        return limit == 0 || isBeyondAll(limit);
    }

    private static boolean isBeyondAll(long limit) {
        return Long.compareUnsigned(limit, HIGHEST_LIMIT) >= 0;
    }
}
