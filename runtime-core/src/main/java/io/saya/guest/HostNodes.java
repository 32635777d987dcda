package io.saya.guest;

import io.saya.config.MemoryConfig;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec.MemoryNode;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.resources.CpuSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The host's NUMA nodes that have memory, as {@code /sys/devices/system/node} tells of them.
 *
 * @param nodes their numbers
 */
record HostNodes(CpuSet nodes) {
    private static final Log LOG = Log.of("resources");
    private static final Path WITH_MEMORY = Path.of("/sys/devices/system/node/has_memory");

    /** Smaller ones are of no use to a guest's kernel. */
    private static final int LEAST_MIB = 128;

    /** Reads those that this host has now; a kernel without NUMA has node 0. */
    static HostNodes ofHost() throws HypervisorFailure {
        if (!Files.exists(WITH_MEMORY)) {
            return new HostNodes(CpuSet.parse("0"));
        }
        try {
            return new HostNodes(CpuSet.parse(Files.readString(WITH_MEMORY)));
        } catch (IOException e) {
            throw new HypervisorFailure("look for NUMA nodes: " + e.getMessage(), e);
        }
    }

    /**
     * Returns the nodes that a guest is to have; empty for the one that a guest has anyway.
     *
     * @param mib its memory, of which each node gets a part
     * @throws HypervisorFailure for a mapping that names what the host has not
     */
    List<MemoryNode> guests(MemoryConfig.Numa numa, int mib) throws HypervisorFailure {
        if (!numa.enabled()) {
            return List.of();
        }
        List<MemoryNode> guests = new ArrayList<>();
        if (numa.mapping().isEmpty()) {
            if (nodes.count() > 1) {
                Arrays.stream(nodes.numbers())
                        .forEach(node -> guests.add(new MemoryNode(List.of(node))));
            } else {
                LOG.info("the host has one NUMA node: enable_numa changes nothing");
            }
        }
        for (String hosts : numa.mapping()) {
            guests.add(mapped(hosts));
        }
        int most = Math.max(1, mib / LEAST_MIB);
        if (guests.size() > most) {
            LOG.warn(
                    "the guest has fewer NUMA nodes than it should have: each takes "
                            + LEAST_MIB
                            + " MiB at least",
                    "nodes",
                    most,
                    "wanted",
                    guests.size());
            return List.copyOf(guests.subList(0, most));
        }
        return guests;
    }

    /**
     * Returns limits without the nodes of the host that a container's memory is to come from: in a
     * guest with nodes of its own it comes from all of them.
     *
     * @param resources OCI's {@code linux.resources}
     */
    static JsonObject leftOutOf(JsonObject resources) {
        JsonObject cpu = resources.object("cpu").orElse(JsonObject.EMPTY);
        return cpu.get("mems") == null
                ? resources
                : resources.toBuilder().put("cpu", cpu.toBuilder().remove("mems").build()).build();
    }

    private MemoryNode mapped(String hosts) throws HypervisorFailure {
        CpuSet wanted = CpuSet.parse(hosts);
        if (wanted.count() == 0 || !wanted.union(nodes).equals(nodes)) {
            throw new HypervisorFailure(
                    "numa_mapping in [hypervisor.qemu]: '"
                            + hosts
                            + "' (expected: NUMA nodes of this host, such as 0-1; it has "
                            + nodes
                            + ")");
        }
        return new MemoryNode(Arrays.stream(wanted.numbers()).boxed().toList());
    }
}
