package io.saya.resources;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what the containers of a pod may use in sum, as the container manager tells it before there
 * are any. Containers without a limit add nothing to the sum, and nothing tells of them.
 */
public final class PodDemand {

    /** containerd: an annotation of a number each, in bytes and microseconds. */
    private static final String CONTAINERD = "io.kubernetes.cri.sandbox-";

    /** CRI-O: one annotation with CRI's {@code LinuxContainerResources} as JSON. */
    private static final String CRI_O = "io.kubernetes.cri-o.PodLinuxResources";

    private PodDemand() {}

    /** Reads the annotations of the sandbox container; empty where they limit nothing. */
    public static Optional<Demand> of(Map<String, String> annotations) {
        String json = annotations.get(CRI_O);
        Demand told = json == null ? byContainerd(annotations) : byCriO(json);
        return told.equals(Demand.UNLIMITED) ? Optional.empty() : Optional.of(told);
    }

    private static Demand byContainerd(Map<String, String> annotations) {
        return Demand.of(
                number(annotations, "memory"),
                number(annotations, "cpu-quota"),
                number(annotations, "cpu-period"),
                number(annotations, "cpu-shares"));
    }

    private static Demand byCriO(String json) {
        try {
            JsonObject told = Json.parseObject(json);
            return Demand.of(
                    Demand.number(told, "memory_limit_in_bytes"),
                    Demand.number(told, "cpu_quota"),
                    Demand.number(told, "cpu_period"),
                    Demand.number(told, "cpu_shares"));
        } catch (JsonException e) {
            return Demand.UNLIMITED;
        }
    }

    /** Returns an annotation as a number; 0 if it is absent or no number. */
    private static long number(Map<String, String> annotations, String name) {
        try {
            return Long.parseLong(annotations.getOrDefault(CONTAINERD + name, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
