package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.hypervisor.VmSpec.MemoryGrowth;
import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.QmpConnection;
import java.util.ArrayList;
import java.util.List;

/** Memory that comes while the guest runs. Used by one thread after the other. */
interface GrowingMemory {

    /** See {@link io.saya.hypervisor.Vm#requestMemory}. */
    int request(int mib) throws HypervisorFailure;

    /** See {@link io.saya.hypervisor.Vm#memoryMib}. */
    int mib() throws HypervisorFailure;

    /** Describes it for another daemon. */
    JsonObject held();

    /** That of a machine that has just been started. */
    static GrowingMemory of(QmpConnection qmp, VmSpec.Memory memory) {
        return switch (memory.growth()) {
            case MemoryGrowth.Device() -> new PluggedMemory(qmp, memory);
            case MemoryGrowth.Modules(int slots) -> new PluggedModules(qmp, memory, slots);
        };
    }

    /** Has a backend take its pages from nodes of the host, and from no others. */
    static void bind(JsonObject.Builder backend, VmSpec.MemoryNode node) {
        backend.put("host-nodes", numbers(node)).put("policy", "bind");
    }

    private static JsonArray numbers(VmSpec.MemoryNode node) {
        List<JsonValue> numbers = new ArrayList<>();
        node.hosts().forEach(host -> numbers.add(JsonNumber.of(host)));
        return new JsonArray(numbers);
    }

    /** What the memory of the start is, as a part of {@link #held}. */
    static JsonObject.Builder held(VmSpec.Memory memory) {
        List<JsonValue> nodes = new ArrayList<>();
        memory.nodes().forEach(node -> nodes.add(numbers(node)));
        return JsonObject.builder()
                .put("boot_mib", memory.mib())
                .put("max_mib", memory.maxMib())
                .put("backing", memory.backing().name())
                .put("nodes", new JsonArray(nodes));
    }

    /** Reads it. */
    static VmSpec.Memory memory(JsonObject held, MemoryGrowth growth) {
        List<VmSpec.MemoryNode> nodes = new ArrayList<>();
        for (JsonValue node : held.array("nodes").orElse(JsonArray.EMPTY).values()) {
            if (node instanceof JsonArray hosts) {
                nodes.add(new VmSpec.MemoryNode(numbers(hosts)));
            }
        }
        return new VmSpec.Memory(
                (int) held.integer("boot_mib").orElse(0),
                (int) held.integer("max_mib").orElse(0),
                MemoryBacking.valueOf(held.string("backing").orElse("")),
                growth,
                nodes);
    }

    /** The numbers of an array; what is none is left out. */
    static List<Integer> numbers(JsonArray array) {
        List<Integer> numbers = new ArrayList<>();
        for (JsonValue value : array.values()) {
            if (value instanceof JsonNumber number) {
                numbers.add((int) number.asLong());
            }
        }
        return numbers;
    }

    /** Goes on with what another daemon knows of. */
    static GrowingMemory goingOn(QmpConnection qmp, JsonObject held) {
        return held.integer("slots").isPresent()
                ? PluggedModules.goingOn(qmp, held)
                : PluggedMemory.goingOn(qmp, held);
    }
}
