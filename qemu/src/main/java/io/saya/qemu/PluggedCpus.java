package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Virtual CPUs that come and, with KVM, go while the guest runs; those of the start stay. Used by
 * one thread after the other, but for {@link #count} and {@link #note}.
 */
final class PluggedCpus {
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);

    private final QmpConnection qmp;
    private final Removals removals;
    private final int atBoot;

    /** Ids, the newest first. */
    private final Deque<String> plugged = new ConcurrentLinkedDeque<>();

    private volatile int named;

    PluggedCpus(QmpConnection qmp, int atBoot) {
        this.qmp = qmp;
        this.removals = new Removals(qmp);
        this.atBoot = atBoot;
    }

    /** Takes note of an event about a device. */
    void note(QmpEvent event) {
        removals.note(event);
    }

    int count() {
        return atBoot + plugged.size();
    }

    /** See {@link io.saya.hypervisor.Vm#setVcpus}. */
    int set(int vcpus) throws HypervisorFailure {
        try {
            if (vcpus > count()) {
                plug(vcpus - count());
            }
            if (vcpus < count() && !plugged.isEmpty() && canTakeAway()) {
                takeAway(vcpus);
            }
            return count();
        } catch (QmpFailure e) {
            throw new HypervisorFailure(
                    "change the number of virtual CPUs to " + vcpus + ": " + e.getMessage(), e);
        }
    }

    /**
     * True if QEMU survives the removal of a CPU. An emulated machine has a translator for as many
     * CPUs as it can have, and uses up one with each CPU that is plugged, also where another has
     * gone: QEMU 7.2 writes behind the last one and dies. So its CPUs stay, and are there when they
     * are wanted again.
     */
    private boolean canTakeAway() throws QmpFailure {
        return qmp.execute(new QmpCommand("query-kvm"), COMMAND_DEADLINE)
                        instanceof JsonObject answer
                && answer.bool("enabled").orElse(false);
    }

    private void takeAway(int vcpus) throws QmpFailure, HypervisorFailure {
        while (vcpus < count() && !plugged.isEmpty()) {
            if (!removals.remove(plugged.getFirst())) {
                throw new HypervisorFailure(
                        "take away virtual CPU "
                                + plugged.getFirst()
                                + ": the guest does not let go of it (waited at most "
                                + Removals.RELEASE_DEADLINE.toMillis()
                                + " ms)");
            }
            plugged.removeFirst();
        }
    }

    private void plug(int count) throws QmpFailure {
        List<JsonObject> places = free();
        for (JsonObject place : places.subList(0, Math.min(count, places.size()))) {
            int number = named;
            named = number + 1;
            String id = "cpu-" + number;
            JsonObject.Builder device =
                    JsonObject.builder()
                            .put("driver", place.string("type").orElse(""))
                            .put("id", id);
            place.object("props")
                    .orElse(JsonObject.EMPTY)
                    .members()
                    .forEach((name, value) -> device.put(name, value));
            qmp.execute(new QmpCommand("device_add", device.build()), COMMAND_DEADLINE);
            plugged.addFirst(id);
        }
    }

    /** QEMU tells the highest place first. */
    private List<JsonObject> free() throws QmpFailure {
        JsonValue answer = qmp.execute(new QmpCommand("query-hotpluggable-cpus"), COMMAND_DEADLINE);
        List<JsonObject> free = new ArrayList<>();
        if (answer instanceof JsonArray places) {
            for (JsonObject place : places.objects()) {
                if (!(place.get("qom-path") instanceof JsonString)) {
                    free.addFirst(place);
                }
            }
        }
        return free;
    }
}
