package io.saya.cgroup;

import java.util.OptionalLong;

/**
 * The limits of the cgroup that a sandbox's is in: the pod's, where a kubelet made it. A kubelet
 * limits a resource there exactly if each container of the pod has a limit of it.
 *
 * @param kubelets whether a kubelet made it
 * @param memoryBytes empty: no limit, or nothing to read it from
 * @param cpuLimited whether processor time is limited
 * @param processes how many there may be; empty: no limit, or nothing to read it from
 */
public record PodLimits(
        boolean kubelets, OptionalLong memoryBytes, boolean cpuLimited, OptionalLong processes) {

    /** Of a sandbox without a cgroup of its own. */
    public static final PodLimits NONE =
            new PodLimits(false, OptionalLong.empty(), false, OptionalLong.empty());

    /** v1 says "no limit" by a number near the largest; nobody has this much memory. */
    private static final long NO_LIMIT = 1L << 60;

    /** Reads the text of {@code memory.max}, {@code memory.limit_in_bytes} or {@code pids.max}. */
    static OptionalLong number(String text) {
        try {
            long bytes = Long.parseLong(text.strip());
            return bytes < NO_LIMIT ? OptionalLong.of(bytes) : OptionalLong.empty();
        } catch (NumberFormatException e) {
            return OptionalLong.empty(); // "max", or no such file
        }
    }

    /** Reads the text of {@code cpu.max} or {@code cpu.cfs_quota_us}. */
    static boolean quota(String text) {
        return !text.isEmpty() && !text.startsWith("max") && !text.startsWith("-");
    }
}
