package io.saya.resources;

import java.util.OptionalLong;

/**
 * How much of a pod's memory its containers may use together: the pod's limit on the host, less
 * what the machine takes of it. The guest's kernel keeps page cache and what else containers use
 * within that, so that the host's never has to: it would kill the VM, and with it all containers.
 */
public final class PodRoom {

    /** What QEMU, virtiofsd, and kernel and agent of the guest use of the pod's limit. */
    static final long MACHINE_BYTES =
            (BootSize.PROCESSES_MIB + SizingRule.GUEST_MIB) * BootSize.MIB;

    private PodRoom() {}

    /**
     * Returns the limit for all containers together.
     *
     * @param podBytes the pod's limit; empty: none
     * @param demandedBytes the limits of the containers in sum. They are given that much where the
     *     pod's limit does not hold the machine besides, as the log has warned: none is to be
     *     killed before it reaches its own limit
     * @return at least a quarter of the pod's limit; empty: no limit
     */
    public static OptionalLong forContainers(OptionalLong podBytes, long demandedBytes) {
        if (podBytes.isEmpty()) {
            return podBytes;
        }
        long pod = podBytes.getAsLong();
        long least = Math.min(pod, Math.max(demandedBytes, pod / 4));
        return OptionalLong.of(Math.max(pod - MACHINE_BYTES, least));
    }
}
