package io.saya.resources;

import io.saya.cgroup.PodLimits;
import io.saya.json.JsonException;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The size that a machine has from the start, by what is known then: the limits of a container that
 * is started alone, or what the container manager tells of a pod's containers. Where it tells
 * nothing, it is the configured default.
 */
public final class BootSize {

    private BootSize() {}

    /**
     * Calculates it.
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
