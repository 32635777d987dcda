package io.saya.resources;

import io.saya.json.JsonException;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.oci.OciSpec;
import java.util.Map;

/**
 * Decides how much swap a container is to find in its guest: what it is allowed beyond its memory,
 * or, where it only says that it wants to swap, a part of its memory.
 *
 * @param percent of its memory limit, where it does not say how much
 * @param defaultMib what stands for the limit of one that has none
 */
public record SwapRule(int percent, int defaultMib) {

    /** Kata's names for what Kubernetes has no words for. */
    private static final String SWAPPINESS = "io.katacontainers.container.resource.swappiness";

    private static final String SWAP = "io.katacontainers.container.resource.swap_in_bytes";

    private static final String UNIFIED = "memory.swap.max";
    private static final long MIB = 1 << 20;
    private static final double PER_CENT = 100;
    private static final int HIGHEST_SWAPPINESS = 200;

    /** Far above what a disk has, and so small that sums do not overflow. */
    private static final long MOST_BYTES = 1L << 50;

    /**
     * Returns the limits of a specification with what its annotations say of swap; numbers that
     * make no sense are left out, and swap of a container whose memory has no limit.
     *
     * @return OCI's {@code linux.resources}
     * @throws JsonException for resources of a wrong type
     */
    public JsonObject applied(OciSpec spec) {
        long swap = number(spec.annotations(), SWAP, Long.MAX_VALUE);
        long swappiness = number(spec.annotations(), SWAPPINESS, HIGHEST_SWAPPINESS);
        if (swap < 0 && swappiness < 0) {
            return spec.resources();
        }
        JsonObject resources = spec.resources();
        JsonObject given = resources.object("memory").orElse(JsonObject.EMPTY);
        JsonObject.Builder memory = given.toBuilder();
        long limit = Demand.number(given, "limit");
        if (swap >= 0 && limit > 0) {
            // Without the other, crun takes none: they count together.
            memory.put("swap", swap);
        }
        if (swappiness >= 0) {
            memory.put("swappiness", swappiness);
        }
        return resources.toBuilder().put("memory", memory.build()).build();
    }

    /** Returns an annotation as a number; -1 where it is absent or none up to {@code most}. */
    private static long number(Map<String, String> annotations, String name, long most) {
        try {
            long number = Long.parseLong(annotations.getOrDefault(name, "-1"));
            return number <= most ? Math.max(-1, number) : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /**
     * Returns how many bytes of swap are asked for; 0: none.
     *
     * @param resources OCI's {@code linux.resources}
     * @throws JsonException for members of a wrong type
     */
    public long bytes(JsonObject resources) {
        JsonObject memory = resources.object("memory").orElse(JsonObject.EMPTY);
        long limit = Demand.number(memory, "limit");
        long swap = Demand.number(memory, "swap");
        JsonNumber swappiness = memory.number("swappiness").orElse(null);
        String unified =
                resources.object("unified").orElse(JsonObject.EMPTY).string(UNIFIED).orElse("");
        if (swappiness != null && Demand.number(memory, "swappiness") == 0) {
            return 0;
        }
        if (!unified.isEmpty() && !unified.equals("max")) {
            return Math.min(MOST_BYTES, Math.max(0, number(Map.of("", unified), "", MOST_BYTES)));
        }
        if (swap > 0 && limit > 0) {
            return Math.clamp(swap - limit, 0, MOST_BYTES);
        }
        if (unified.equals("max") || swap < 0 || swappiness != null) {
            long base = limit > 0 ? Math.min(limit, MOST_BYTES) : defaultMib * MIB;
            return (long) Math.min(MOST_BYTES, base * (percent / PER_CENT));
        }
        return 0;
    }
}
