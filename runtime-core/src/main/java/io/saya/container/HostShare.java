package io.saya.container;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.host.ProcessorTimes;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Converts processor time of the guest to that of the host. A guest whose virtual processors wait
 * for one of the host's counts that wait as time in which its processes ran: on a busy host several
 * times what the host has spent. Of what a container has used since the last look counts the part
 * that the virtual processors' threads ran of the time in which they ran or waited; so all
 * containers of a pod together use no more than their pod. Never goes back. Not thread safe.
 */
final class HostShare {

    private final Supplier<Optional<ProcessorTimes>> vmm;
    private ProcessorTimes last = new ProcessorTimes(Duration.ZERO, Duration.ZERO, false);
    private double share = 1;
    private final Counter total = new Counter();
    private final Counter user = new Counter();
    private final Counter kernel = new Counter();
    private Counter[] processors = {};

    /**
     * @param vmm what the virtual processors have had, from their beginning; where there are no
     *     figures, the guest's are taken as they are
     */
    HostShare(Supplier<Optional<ProcessorTimes>> vmm) {
        this.vmm = vmm;
    }

    /**
     * Returns what the guest told, with the processor time that the host has spent in place of the
     * guest's.
     */
    ContainerUsage of(ContainerUsage told) {
        CpuTime guest = told.cpu().time();
        if (guest.equals(CpuTime.NONE)) {
            return told;
        }
        measure();
        if (processors.length != guest.perCpu().size()) {
            processors = new Counter[guest.perCpu().size()];
            for (int i = 0; i < processors.length; i++) {
                processors[i] = new Counter();
            }
        }
        List<Long> perCpu = new ArrayList<>(processors.length);
        for (int i = 0; i < processors.length; i++) {
            perCpu.add(processors[i].advance(guest.perCpu().get(i), share));
        }
        return told.withCpuTime(
                new CpuTime(
                        total.advance(guest.total(), share),
                        user.advance(guest.user(), share),
                        kernel.advance(guest.kernel(), share),
                        perCpu));
    }

    /** Describes the counters; those of a question that is being asked may be missing. */
    JsonObject held() {
        List<JsonValue> each = new ArrayList<>();
        for (Counter processor : processors) {
            each.add(processor.held());
        }
        return JsonObject.builder()
                .put("ran", last.ran().toNanos())
                .put("waited", last.waited().toNanos())
                .put("total", total.held())
                .put("user", user.held())
                .put("kernel", kernel.held())
                .put("processors", new JsonArray(each))
                .build();
    }

    /** Counts on from there. */
    void goOn(JsonObject held) {
        last =
                new ProcessorTimes(
                        Duration.ofNanos(held.integer("ran").orElse(0)),
                        Duration.ofNanos(held.integer("waited").orElse(0)),
                        false);
        total.goOn(held.object("total").orElse(JsonObject.EMPTY));
        user.goOn(held.object("user").orElse(JsonObject.EMPTY));
        kernel.goOn(held.object("kernel").orElse(JsonObject.EMPTY));
        List<JsonObject> each = held.array("processors").orElse(JsonArray.EMPTY).objects();
        processors = new Counter[each.size()];
        for (int i = 0; i < processors.length; i++) {
            processors[i] = new Counter();
            processors[i].goOn(each.get(i));
        }
    }

    private void measure() {
        ProcessorTimes now = vmm.get().orElse(null);
        if (now == null) {
            return;
        }
        double ran = Math.max(0, now.ran().minus(last.ran()).toNanos());
        double waited = Math.max(0, now.waited().minus(last.waited()).toNanos());
        if (ran + waited > 0) {
            share = ran / (ran + waited);
        }
        last = now;
    }

    /** A time that grows by a part of what another time grows by. */
    private static final class Counter {
        private long guest;
        private double host;

        JsonObject held() {
            return JsonObject.builder().put("guest", guest).put("host", (long) host).build();
        }

        void goOn(JsonObject held) {
            guest = held.integer("guest").orElse(0);
            host = held.integer("host").orElse(0);
        }

        long advance(long now, double share) {
            if (now > guest) {
                host += (now - guest) * share;
                guest = now;
            }
            return (long) host;
        }
    }
}
