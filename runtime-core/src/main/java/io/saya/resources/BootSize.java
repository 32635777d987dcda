package io.saya.resources;

import io.saya.cgroup.PodLimits;
import io.saya.json.JsonException;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides the size that a machine has from the start, by what is known then: the limits of a
 * container that is started alone, or what the container manager tells of a pod's containers. Where
 * it tells nothing, it is the configured default.
 */
public final class BootSize {

    /** QEMU under emulation, with its cache of translated code, and virtiofsd (measured). */
    static final int PROCESSES_MIB = 100;

    /**
     * No machine boots in less: with KVM QEMU takes 30 MiB, the guest's kernel and its first
     * processes 70; emulated it is twice that. Not all that would be killed at its start is
     * refused, but all that is.
     */
    static final int LEAST_MIB = 96;

    static final long MIB = 1 << 20;

    private BootSize() {}

    /**
     * Decides the size.
     *
     * @param spec of the sandbox container, or of the container that is started alone
     * @param pod limits of the pod's cgroup: they tell whether there will be containers without
     *     limits, of which the sum that the container manager tells knows nothing
     * @throws JsonException for resources of a wrong type
     */
    public static Sizing of(SizingRule rule, OciSpec spec, PodLimits pod) {
        if (spec.kind() == ContainerKind.SINGLE) {
            return rule.size(List.of(Demand.of(spec.resources())));
        }
        return PodDemand.of(spec.annotations())
                .map(told -> rule.size(List.of(told), unlimited(pod)))
                .orElseGet(() -> rule.size(List.of()));
    }

    /**
     * Refuses a pod's cgroup that holds no machine at all, which the kernel would kill while it
     * boots.
     *
     * @return the numbers, and by how much the limit is to be raised; empty where one may boot
     */
    public static Optional<String> tooSmall(MachineSize size, PodLimits pod) {
        return pod.memoryBytes().orElse(Long.MAX_VALUE) / MIB < LEAST_MIB
                ? tooLarge(size, pod)
                : Optional.empty();
    }

    /**
     * Warns of a pod's cgroup that does not hold all memory that the machine can come to use: the
     * machine starts, and the kernel kills it the day the guest uses that memory.
     *
     * @return the numbers, and by how much the limit is to be raised; empty where it fits
     */
    public static Optional<String> tooLarge(MachineSize size, PodLimits pod) {
        if (pod.memoryBytes().isEmpty()) {
            return Optional.empty();
        }
        long allowedMib = pod.memoryBytes().getAsLong() / MIB;
        long neededMib = (long) size.memoryMib() + PROCESSES_MIB;
        return allowedMib >= neededMib
                ? Optional.empty()
                : Optional.of(
                        "the pod's cgroup allows "
                                + allowedMib
                                + " MiB, its machine can use "
                                + size.memoryMib()
                                + " and QEMU with virtiofsd "
                                + PROCESSES_MIB
                                + ": raise overhead.podFixed.memory of the RuntimeClass, or the pod's"
                                + " memory limit, by "
                                + (neededMib - allowedMib)
                                + "Mi");
    }

    private static Set<Resource> unlimited(PodLimits pod) {
        Set<Resource> unlimited = EnumSet.noneOf(Resource.class);
        if (pod.kubelets() && pod.memoryBytes().isEmpty()) {
            unlimited.add(Resource.MEMORY);
        }
        if (pod.kubelets() && !pod.cpuLimited()) {
            unlimited.add(Resource.CPU);
        }
        return unlimited;
    }
}
