package io.saya.agent;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.proto.agent.oci.LinuxCPU;
import io.saya.proto.agent.oci.LinuxDeviceCgroup;
import io.saya.proto.agent.oci.LinuxHugepageLimit;
import io.saya.proto.agent.oci.LinuxMemory;
import io.saya.proto.agent.oci.LinuxPids;
import io.saya.proto.agent.oci.LinuxResources;

/**
 * OCI's {@code linux.resources} as the agent takes them. Rules for single devices, block I/O and
 * network classes speak of the host's devices and are left out, and so are the CPUs and memory
 * nodes of the host (runtime-core/kata.md#the-specification-that-the-guest-is-given).
 */
public final class GuestResources {

    private final LinuxResources message;

    private GuestResources(LinuxResources message) {
        this.message = message;
    }

    /** The message that is sent. */
    LinuxResources message() {
        return message;
    }

    /**
     * Translates {@code resources}.
     *
     * @param allDevices whether the container may open every device of the guest, whatever the
     *     rules say
     * @param pids whether the guest's agent applies a limit of processes as it is meant; Kata's
     *     reads the field the wrong way round (agent-proto/api/agents.md#containers)
     */
    public static GuestResources of(JsonObject resources, boolean allDevices, boolean pids) {
        LinuxResources.Builder guest = LinuxResources.newBuilder();
        Fields fields = new Fields(resources);
        if (allDevices || opensAllDevices(resources)) {
            guest.addDevices(
                    LinuxDeviceCgroup.newBuilder().setAllow(true).setType("a").setAccess("rwm"));
        }
        fields.object("memory", memory -> guest.setMemory(memory(memory)));
        fields.object("cpu", cpu -> guest.setCPU(cpu(cpu)));
        if (pids) {
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

    /**
     * True if the last rule for all devices allows them: a privileged container's. It speaks of no
     * device of the host, and means those of the guest.
     */
    private static boolean opensAllDevices(JsonObject resources) {
        boolean all = false;
        for (JsonObject rule : resources.array("devices").orElse(JsonArray.EMPTY).objects()) {
            String type = rule.string("type").orElse("");
            boolean everyNumber =
                    rule.integer("major").orElse(-1) < 0 && rule.integer("minor").orElse(-1) < 0;
            if ((type.isEmpty() || type.equals("a"))
                    && everyNumber
                    && rule.string("access").orElse("rwm").equals("rwm")) {
                all = rule.bool("allow").orElse(false);
            }
        }
        return all;
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
