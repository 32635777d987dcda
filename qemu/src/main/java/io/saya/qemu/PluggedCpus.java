package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Virtual CPUs that come and, with KVM, go while the guest runs; those of the start stay. Used by
 * one thread after the other, but for {@link #count}, {@link #postponed} and {@link #note}.
 */
final class PluggedCpus {
    private static final Log LOG = Log.of("qemu");
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);

    private final QmpConnection qmp;
    private final Removals removals;
    private final int atBoot;

    /** Ids, the newest first. */
    private final Deque<String> plugged = new ConcurrentLinkedDeque<>();

    private volatile int named;

    /** {@link TranslationCache} was nearly full when one was to be plugged. */
    private volatile boolean postponed;

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

    /** See {@link io.saya.hypervisor.Vm#moreVcpusLater}. */
    boolean postponed() {
        return postponed;
    }

    /** Describes them for another daemon. */
    JsonObject held() {
        return JsonObject.builder()
                .put("at_boot", atBoot)
                .put("plugged", JsonArray.ofStrings(List.copyOf(plugged)))
                .put("named", named)
                .build();
    }

    /** Goes on with those that another daemon knows of. */
    static PluggedCpus goingOn(QmpConnection qmp, JsonObject held) {
        PluggedCpus cpus = new PluggedCpus(qmp, (int) held.integer("at_boot").orElse(1));
        cpus.plugged.addAll(held.array("plugged").orElse(JsonArray.EMPTY).strings());
        cpus.named = (int) held.integer("named").orElse(0);
        return cpus;
    }

    /** See {@link io.saya.hypervisor.Vm#setVcpus}. */
    int set(int vcpus) throws HypervisorFailure {
        try {
            if (vcpus > count()) {
                plug(vcpus - count());
            } else {
                postponed = false;
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
        List<JsonObject> places = places();
        List<JsonObject> free =
                places.stream()
                        .filter(place -> !(place.get("qom-path") instanceof JsonString))
                        .toList();
        for (JsonObject place : free.subList(0, Math.min(count, free.size()))) {
            if (!survivesOneMore(places.size())) {
                if (!postponed) {
                    LOG.warn(
                            "virtual CPUs are plugged later: the emulated machine's cache of"
                                    + " translated code is nearly full, and QEMU might abort",
                            "vcpus",
                            count());
                }
                postponed = true;
                return;
            }
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
        postponed = false;
    }

    /** False if QEMU emulates and might abort: {@link TranslationCache}. */
    private boolean survivesOneMore(int places) throws QmpFailure {
        JsonValue answer;
        try {
            answer = qmp.execute(new QmpCommand("x-query-jit"), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() == QmpFailure.Kind.REFUSED) {
                return true; // it does not emulate, or is older than the command
            }
            throw e;
        }
        return !(answer instanceof JsonObject text)
                || text.string("human-readable-text")
                        .flatMap(TranslationCache::read)
                        .map(cache -> cache.hasPieceLeft(count(), places))
                        .orElse(true);
    }

    /** All places for CPUs, the lowest first; QEMU tells the highest first. */
    private List<JsonObject> places() throws QmpFailure {
        JsonValue answer = qmp.execute(new QmpCommand("query-hotpluggable-cpus"), COMMAND_DEADLINE);
        return answer instanceof JsonArray places ? places.objects().reversed() : List.of();
    }
}
