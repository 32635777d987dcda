package io.saya.agent;

import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.proto.agent.oci.LinuxCPU;
import io.saya.proto.agent.oci.LinuxHugepageLimit;
import io.saya.proto.agent.oci.LinuxMemory;
import io.saya.proto.agent.oci.LinuxPids;
import io.saya.proto.agent.oci.LinuxResources;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * OCI's {@code linux.resources} as the agent takes them: the table in runtime-core/README.md,
 * "Limits inside". What speaks of the host's devices is left out, with a warning where it is a
 * limit; CPUs and memory nodes become the guest's.
 */
public final class GuestResources {

    private static final Log LOG = Log.of("resources");

    /** The only memory node that a guest has. */
    private static final String GUEST_NODE = "0";

    /** OCI's. */
    private static final int NO_LIMIT = -1;

    private static final List<String> THROTTLES =
            List.of(
                    "weightDevice",
                    "throttleReadBpsDevice",
                    "throttleWriteBpsDevice",
                    "throttleReadIOPSDevice",
                    "throttleWriteIOPSDevice");

    /** Of nothing anything is said. */
    public static final GuestResources NONE =
            new GuestResources(LinuxResources.getDefaultInstance());

    private final LinuxResources message;

    private GuestResources(LinuxResources message) {
        this.message = message;
    }

    /**
     * The virtual CPUs alone.
     *
     * @param cpus as the kernel writes them
     */
    public static GuestResources ofCpus(String cpus) {
        return new GuestResources(
                LinuxResources.newBuilder().setCPU(LinuxCPU.newBuilder().setCpus(cpus)).build());
    }

    /**
     * Returns what all containers of a pod may use together; what is empty is without limit.
     *
     * @param memory in bytes
     * @param processes how many there may be
     */
    public static GuestResources ofPod(OptionalLong memory, OptionalLong processes) {
        return new GuestResources(
                LinuxResources.newBuilder()
                        .setMemory(LinuxMemory.newBuilder().setLimit(memory.orElse(NO_LIMIT)))
                        .setPids(LinuxPids.newBuilder().setLimit(processes.orElse(NO_LIMIT)))
                        .build());
    }

    /** The message that is sent. */
    LinuxResources message() {
        return message;
    }

    /** For logs: the virtual CPUs, where there are any. */
    @Override
    public String toString() {
        String cpus = message.getCPU().getCpus();
        return cpus.isEmpty() ? "" : "cpus " + cpus;
    }

    /**
     * Translates {@code resources}.
     *
     * @param allDevices whether the container may open every device of the guest, whatever the
     *     rules say
     * @param abilities what the guest's agent can apply
     * @param cpus the virtual CPUs that stand for the host's that are named, as the kernel writes
     *     them; empty where none are
     */
    public static GuestResources of(
            JsonObject resources, boolean allDevices, GuestAbilities abilities, String cpus) {
        LinuxResources.Builder guest = LinuxResources.newBuilder();
        Fields fields = new Fields(resources);
        guest.addAllDevices(DeviceRules.of(resources, allDevices, abilities));
        fields.object("memory", memory -> guest.setMemory(memory(memory)));
        fields.object("cpu", cpu -> guest.setCPU(cpu(cpu)));
        if (abilities.limits()) {
            ownAgents(fields, guest, cpus);
            fields.object(
                    "pids",
                    limits ->
                            limits.int64(
                                    "limit",
                                    limit ->
                                            guest.setPids(LinuxPids.newBuilder().setLimit(limit))));
        }
        fields.objects(
                "hugepageLimits",
                limit -> {
                    LinuxHugepageLimit.Builder hugepages = LinuxHugepageLimit.newBuilder();
                    limit.string("pageSize", hugepages::setPagesize);
                    limit.uint64("limit", hugepages::setLimit);
                    guest.addHugepageLimits(hugepages);
                });
        return new GuestResources(guest.build());
    }

    /** What the default guest's agent alone can apply. */
    private static void ownAgents(Fields fields, LinuxResources.Builder guest, String cpus) {
        Map<String, String> unified = new LinkedHashMap<>();
        fields.object(
                "cpu",
                cpu -> {
                    cpu.int64("burst", burst -> unified.put("cpu.max.burst", Long.toString(burst)));
                    cpu.int64("idle", idle -> unified.put("cpu.idle", Long.toString(idle)));
                    if (!cpu.json().string("mems").orElse("").isEmpty()) {
                        guest.getCPUBuilder().setMems(GUEST_NODE);
                    }
                });
        if (!cpus.isEmpty()) {
            guest.getCPUBuilder().setCpus(cpus);
        }
        fields.object("blockIO", io -> blockIo(io, guest));
        fields.map("unified", (file, value) -> unified(file, value, unified));
        unified.forEach((file, value) -> guest.addUnifiedBuilder().setKey(file).setValue(value));
    }

    private static void blockIo(Fields io, LinuxResources.Builder guest) {
        io.uint32("weight", weight -> guest.getBlockIOBuilder().setWeight(weight));
        for (String throttle : THROTTLES) {
            if (!io.json().array(throttle).orElse(JsonArray.EMPTY).values().isEmpty()) {
                leftOut("blockIO." + throttle);
            }
        }
    }

    private static void unified(String file, String value, Map<String, String> guest) {
        if (file.startsWith("io.") && value.contains(":")) {
            leftOut("unified." + file);
        } else if (!file.startsWith("cpuset.")) {
            guest.put(file, value);
        }
    }

    private static void leftOut(String limit) {
        LOG.warn(
                "a limit is left out: it is for a device of the host by its number, and the guest"
                        + " does not see the host's devices",
                "limit",
                limit);
    }

    private static LinuxMemory memory(Fields fields) {
        LinuxMemory.Builder memory = LinuxMemory.newBuilder();
        fields.int64("limit", memory::setLimit);
        fields.int64("reservation", memory::setReservation);
        fields.int64("swap", memory::setSwap);
        fields.uint64("swappiness", memory::setSwappiness);
        fields.bool("disableOOMKiller", memory::setDisableOOMKiller);
        return memory.build();
    }

    private static LinuxCPU cpu(Fields fields) {
        LinuxCPU.Builder cpu = LinuxCPU.newBuilder();
        fields.uint64("shares", cpu::setShares);
        fields.int64("quota", cpu::setQuota);
        fields.uint64("period", cpu::setPeriod);
        fields.int64("realtimeRuntime", cpu::setRealtimeRuntime);
        fields.uint64("realtimePeriod", cpu::setRealtimePeriod);
        return cpu.build();
    }
}
