package io.saya.shim.metrics;

import io.saya.container.Container;
import io.saya.failure.RuntimeFailure;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names by which people call containers: as its pod's specification does, else by its id. Read
 * from the bundle at the first look. Not thread safe.
 */
final class ContainerNames {
    private static final List<String> ANNOTATIONS =
            List.of(
                    "io.kubernetes.cri.container-name",
                    "io.kubernetes.cri-o.ContainerName",
                    "io.kubernetes.container.name");

    /** The name that cadvisor and the kubelet call the container that holds a pod. */
    private static final String SANDBOX = "POD";

    private final Map<String, String> names = new HashMap<>();

    String of(Container container) {
        if (container.kind() == ContainerKind.POD_SANDBOX) {
            return SANDBOX;
        }
        return names.computeIfAbsent(container.id(), _ -> read(container));
    }

    /** Forgets those that are not there any more. */
    void keepOnly(List<Container> containers) {
        Set<String> there = new HashSet<>();
        for (Container container : containers) {
            there.add(container.id());
        }
        names.keySet().retainAll(there);
    }

    private static String read(Container container) {
        try {
            Map<String, String> annotations = OciSpec.read(container.bundle()).annotations();
            for (String annotation : ANNOTATIONS) {
                String name = annotations.getOrDefault(annotation, "");
                if (!name.isEmpty()) {
                    return name;
                }
            }
        } catch (RuntimeFailure e) {
            // It is just being deleted.
        }
        return container.id();
    }
}
