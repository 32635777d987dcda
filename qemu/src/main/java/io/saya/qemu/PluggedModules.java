package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.hypervisor.VmSpec.MemoryGrowth;
import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Memory modules (DIMMs) for guests without a driver of virtio-mem: ACPI tells the guest of each,
 * the agent has its kernel use it. They stay: a guest could give one up only if nothing that it
 * cannot move had come to be in it.
 */
final class PluggedModules implements GrowingMemory {
    private static final Log LOG = Log.of("qemu");
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);
    private static final long MIB = 1 << 20;

    /** What Linux adds memory in on amd64, and in guests of {@link #LARGE_MIB} and more. */
    private static final int BLOCK_MIB = 128;

    private static final int LARGE_BLOCK_MIB = 2048;
    private static final int LARGE_MIB = 64 * 1024;

    /**
     * How many times the memory that there is may come at once: the guest describes each page in
     * what it has already, which takes a 64th of what comes.
     */
    private static final int MOST_TIMES = 48;

    private final QmpConnection qmp;
    private final VmSpec.Memory memory;
    private final int slots;
    private final int blockMib;

    /** Sizes in MiB, by number of slot. */
    private final List<Integer> modules = new ArrayList<>();

    /** Names of those that the guest is known to have found. */
    private final Set<String> found = new HashSet<>();

    private boolean fullTold;

    PluggedModules(QmpConnection qmp, VmSpec.Memory memory, int slots) {
        this.qmp = qmp;
        this.memory = memory;
        this.slots = slots;
        this.blockMib = memory.mib() >= LARGE_MIB ? LARGE_BLOCK_MIB : BLOCK_MIB;
    }

    @Override
    public synchronized JsonObject held() {
        List<JsonValue> sizes = new ArrayList<>();
        modules.forEach(mib -> sizes.add(JsonNumber.of(mib)));
        return GrowingMemory.held(memory)
                .put("slots", slots)
                .put("modules", new JsonArray(sizes))
                .build();
    }

    /** Goes on with what another daemon knows of. */
    static PluggedModules goingOn(QmpConnection qmp, JsonObject held) {
        int slots = (int) held.integer("slots").orElse(0);
        PluggedModules goingOn =
                new PluggedModules(
                        qmp, GrowingMemory.memory(held, new MemoryGrowth.Modules(slots)), slots);
        goingOn.modules.addAll(
                GrowingMemory.numbers(held.array("modules").orElse(JsonArray.EMPTY)));
        return goingOn;
    }

    private synchronized int pluggedMib() {
        int mib = memory.mib();
        for (int module : modules) {
            mib += module;
        }
        return mib;
    }

    /** One module at most with each request. */
    @Override
    public int request(int mib) throws HypervisorFailure {
        int now = pluggedMib();
        int room = memory.maxMib() - now;
        long most = Math.min(room, (long) now * MOST_TIMES) / blockMib * blockMib;
        int wanted = (int) Math.min(most, Math.ceilDiv(mib - now, blockMib) * (long) blockMib);
        if (wanted <= 0) {
            return now;
        }
        int slot = modules.size();
        if (slot >= slots) {
            if (!fullTold) {
                LOG.warn(
                        "the machine has no slot left for memory: raise memory_slots in"
                                + " [hypervisor.qemu]",
                        "slots",
                        slots,
                        "memory_mib",
                        now,
                        "wanted_mib",
                        mib);
            }
            fullTold = true;
            return now;
        }
        try {
            plug(slot, wanted);
        } catch (QmpFailure e) {
            throw new HypervisorFailure(
                    "plug a memory module of " + wanted + " MiB: " + e.getMessage(), e);
        }
        synchronized (this) {
            modules.add(wanted);
        }
        return now + wanted;
    }

    private void plug(int slot, int mib) throws QmpFailure {
        JsonObject.Builder backend =
                JsonObject.builder()
                        .put("qom-type", "memory-backend-memfd")
                        .put("id", name(slot))
                        .put("size", mib * MIB)
                        .put("share", true);
        if (memory.backing() == MemoryBacking.HUGE_PAGES) {
            backend.put("hugetlb", true);
        }
        if (memory.backing() != MemoryBacking.ON_TOUCH) {
            backend.put("prealloc", true);
        }
        JsonObject.Builder module =
                JsonObject.builder()
                        .put("driver", "pc-dimm")
                        .put("id", device(slot))
                        .put("memdev", name(slot))
                        .put("slot", slot);
        if (!memory.nodes().isEmpty()) {
            int node = slot % memory.nodes().size();
            GrowingMemory.bind(backend, memory.nodes().get(node));
            module.put("node", node);
        }
        qmp.execute(new QmpCommand("object-add", backend.build()), COMMAND_DEADLINE);
        try {
            qmp.execute(new QmpCommand("device_add", module.build()), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            giveBack(slot, e);
            throw e;
        }
    }

    private void giveBack(int slot, QmpFailure cause) {
        try {
            qmp.execute(
                    new QmpCommand(
                            "object-del", JsonObject.builder().put("id", name(slot)).build()),
                    COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * A module counts from the look after the one that finds the guest to have taken note of it:
     * whoever looks has the guest use what there is in between.
     */
    @Override
    public int mib() throws HypervisorFailure {
        if (modules.isEmpty()) {
            return memory.mib();
        }
        Set<String> known = Set.copyOf(found);
        found.addAll(toldOf());
        int mib = memory.mib();
        for (int slot = 0; slot < modules.size(); slot++) {
            mib += known.contains(device(slot)) ? modules.get(slot) : 0;
        }
        return mib;
    }

    /** Names of the modules of which the guest has told ACPI that it has them. */
    private List<String> toldOf() throws HypervisorFailure {
        List<String> told = new ArrayList<>();
        try {
            if (qmp.execute(new QmpCommand("query-acpi-ospm-status"), COMMAND_DEADLINE)
                    instanceof JsonArray slotStates) {
                for (JsonObject state : slotStates.objects()) {
                    // Before the guest has said anything both are 0.
                    if (state.integer("source").orElse(0) != 0
                            && state.integer("status").orElse(1) == 0) {
                        state.string("device").ifPresent(told::add);
                    }
                }
            }
        } catch (QmpFailure e) {
            throw new HypervisorFailure("ask for the guest's memory: " + e.getMessage(), e);
        }
        return told;
    }

    private static String name(int slot) {
        return "module-" + slot;
    }

    private static String device(int slot) {
        return name(slot) + "-dev";
    }
}
