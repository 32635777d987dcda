package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;

/**
 * Memory that comes and goes while the guest runs: one virtio-mem device, which is made when memory
 * is first asked for. As part of every machine it would cost each start a twelfth (README.md); a
 * place for it costs next to nothing.
 */
final class PluggedMemory implements GrowingMemory {
    /** The root port that the device sits behind. */
    static final String PORT = "plugm";

    private static final String ID = "plugged-memory";
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);
    private static final long MIB = 1 << 20;

    /** In MiB; what Linux adds memory in, and several times what the device does. */
    private static final int STEP_MIB = 4;

    /**
     * In MiB; what Linux gives addresses in. Of a device that ends within such a block it leaves
     * the last part unused.
     */
    private static final int BLOCK_MIB = 128;

    private final QmpConnection qmp;
    private final VmSpec.Memory memory;

    /** How large the device can become; it is never asked for more than the machine's ceiling. */
    private final int roomMib;

    private volatile boolean made;
    private volatile boolean backed;

    PluggedMemory(QmpConnection qmp, VmSpec.Memory memory) {
        this(qmp, memory, roomMib(memory));
    }

    private PluggedMemory(QmpConnection qmp, VmSpec.Memory memory, int roomMib) {
        this.qmp = qmp;
        this.memory = memory;
        this.roomMib = roomMib;
    }

    /** True if the machine has a place for the device. */
    static boolean wanted(VmSpec spec) {
        return spec.memory().growth() instanceof VmSpec.MemoryGrowth.Device
                && spec.memory().maxMib() - spec.memory().mib() >= STEP_MIB;
    }

    /** The addresses that a machine needs for the device beside the memory of its start. */
    static int roomMib(VmSpec.Memory memory) {
        return Math.ceilDiv(memory.maxMib() - memory.mib(), BLOCK_MIB) * BLOCK_MIB;
    }

    private static int steps(VmSpec.Memory memory) {
        return (memory.maxMib() - memory.mib()) / STEP_MIB;
    }

    @Override
    public JsonObject held() {
        return GrowingMemory.held(memory)
                .put("room_mib", roomMib)
                .put("made", made)
                .put("backed", backed)
                .build();
    }

    /** Goes on with what another daemon knows of. */
    static PluggedMemory goingOn(QmpConnection qmp, JsonObject held) {
        VmSpec.Memory memory = GrowingMemory.memory(held, new VmSpec.MemoryGrowth.Device());
        // A daemon that did not tell gave its machine no address more.
        int roomMib = (int) held.integer("room_mib").orElse((long) steps(memory) * STEP_MIB);
        PluggedMemory plugged = new PluggedMemory(qmp, memory, roomMib);
        plugged.made = held.bool("made").orElse(false);
        plugged.backed = held.bool("backed").orElse(false);
        return plugged;
    }

    @Override
    public int request(int mib) throws HypervisorFailure {
        int wanted =
                Math.clamp(Math.ceilDiv(mib - memory.mib(), STEP_MIB), 0, steps(memory)) * STEP_MIB;
        try {
            if (made) {
                qmp.execute(
                        new QmpCommand(
                                "qom-set",
                                property("requested-size").put("value", wanted * MIB).build()),
                        COMMAND_DEADLINE);
            } else if (wanted > 0) {
                make(wanted);
            }
        } catch (QmpFailure e) {
            throw new HypervisorFailure(
                    "change the guest's memory to " + mib + " MiB: " + e.getMessage(), e);
        }
        return memory.mib() + wanted;
    }

    @Override
    public int mib() throws HypervisorFailure {
        if (!made) {
            return memory.mib();
        }
        try {
            return qmp.execute(
                                    new QmpCommand("qom-get", property("size").build()),
                                    COMMAND_DEADLINE)
                            instanceof JsonNumber size
                    ? memory.mib() + (int) (size.asLong() / MIB)
                    : memory.mib();
        } catch (QmpFailure e) {
            throw new HypervisorFailure("ask for the guest's memory: " + e.getMessage(), e);
        }
    }

    private void make(int wanted) throws QmpFailure {
        if (!backed) {
            // It is room; pages come when the device takes them, or with the guest's first touch.
            JsonObject.Builder backend =
                    JsonObject.builder()
                            .put("qom-type", "memory-backend-memfd")
                            .put("id", ID)
                            .put("size", roomMib * MIB)
                            .put("share", true)
                            .put("reserve", false);
            if (memory.backing() == MemoryBacking.HUGE_PAGES) {
                backend.put("hugetlb", true);
            }
            if (!memory.nodes().isEmpty()) {
                // The device is in the guest's first node.
                GrowingMemory.bind(backend, memory.nodes().getFirst());
            }
            qmp.execute(new QmpCommand("object-add", backend.build()), COMMAND_DEADLINE);
            backed = true;
        }
        JsonObject.Builder device =
                JsonObject.builder()
                        .put("driver", "virtio-mem-pci")
                        .put("id", ID + "-dev")
                        .put("memdev", ID)
                        .put("bus", PORT)
                        .put("addr", "0x0")
                        .put("disable-legacy", "on")
                        .put("requested-size", wanted * MIB);
        if (memory.backing() != MemoryBacking.ON_TOUCH) {
            // What cannot be had is refused to the guest, which otherwise would die of its touch.
            device.put("prealloc", true);
        }
        qmp.execute(new QmpCommand("device_add", device.build()), COMMAND_DEADLINE);
        made = true;
    }

    private static JsonObject.Builder property(String name) {
        return JsonObject.builder()
                .put("path", "/machine/peripheral/" + ID + "-dev")
                .put("property", name);
    }
}
