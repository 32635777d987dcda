package io.saya.qemu;

import io.saya.hypervisor.DiskPlan;
import io.saya.json.JsonObject;

/**
 * How disks that are plugged are served, in QEMU's words ({@code blockdev-add}, {@code device_add}
 * of {@code virtio-blk-pci}) and for another daemon. What is as QEMU has it is not said.
 */
final class DiskWords {

    private DiskWords() {}

    /** Adds to a node of the block layer, whose file inherits it. */
    static void node(DiskPlan plan, JsonObject.Builder node) {
        // QEMU refuses native requests through the page cache.
        boolean direct = plan.cache().direct() || plan.aio().equals("native");
        if (direct || plan.cache().noFlush()) {
            node.put(
                    "cache",
                    JsonObject.builder()
                            .put("direct", direct)
                            .put("no-flush", plan.cache().noFlush())
                            .build());
        }
    }

    /** Adds to the file below such a node. */
    static void file(DiskPlan plan, JsonObject.Builder file) {
        if (!plan.aio().equals("threads")) {
            file.put("aio", plan.aio());
        }
    }

    /** Adds to the guest's device. */
    static void device(DiskPlan plan, JsonObject.Builder device) {
        number("logical_block_size", plan.sectors().logical(), device);
        number("physical_block_size", plan.sectors().physical(), device);
        number("num-queues", plan.queues().count(), device);
        number("queue-size", plan.queues().entries(), device);
    }

    /** Describes a plan for another daemon. */
    static JsonObject held(DiskPlan plan) {
        return JsonObject.builder()
                .put("places", plan.places().ofContainers())
                .put("swap_places", plan.places().ofSwap())
                .put("threads", plan.threads())
                .put("aio", plan.aio())
                .put("direct", plan.cache().direct())
                .put("no_flush", plan.cache().noFlush())
                .put("logical_sector", plan.sectors().logical())
                .put("physical_sector", plan.sectors().physical())
                .put("queues", plan.queues().count())
                .put("queue_entries", plan.queues().entries())
                .build();
    }

    /** Reads what another daemon has described. */
    static DiskPlan goOn(JsonObject held) {
        return new DiskPlan(
                new DiskPlan.Places(number(held, "places"), number(held, "swap_places")),
                number(held, "threads"),
                held.string("aio").orElse("threads"),
                new DiskPlan.Cache(
                        held.bool("direct").orElse(false), held.bool("no_flush").orElse(false)),
                new DiskPlan.Sectors(
                        number(held, "logical_sector"), number(held, "physical_sector")),
                new DiskPlan.Queues(number(held, "queues"), number(held, "queue_entries")));
    }

    private static void number(String word, int value, JsonObject.Builder device) {
        if (value > 0) {
            device.put(word, value);
        }
    }

    private static int number(JsonObject held, String name) {
        return (int) held.integer(name).orElse(0);
    }
}
