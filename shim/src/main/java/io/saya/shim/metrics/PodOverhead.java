package io.saya.shim.metrics;

import io.saya.agent.ContainerUsage;
import io.saya.container.Container;
import io.saya.shim.metrics.HostProcesses.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pod costs beside its containers: the host's figures less the guest's, both from one
 * scrape. Remembers what containers used that are gone, since the host's time has theirs in it. Not
 * thread safe.
 */
final class PodOverhead {
    static final Metric POD_HOST_MEMORY_BYTES =
            Metric.gauge("saya_pod_host_memory_bytes", "Memory that the sandbox holds on the host");
    static final Metric POD_GUEST_MEMORY_BYTES =
            Metric.gauge("saya_pod_guest_memory_bytes", "Memory of all containers");
    static final Metric POD_OVERHEAD_MEMORY_BYTES =
            Metric.gauge(
                    "saya_pod_overhead_memory_bytes",
                    "Memory of the sandbox beside that of its containers");
    static final Metric POD_HOST_CPU_SECONDS_TOTAL =
            Metric.counter(
                    "saya_pod_host_cpu_seconds_total", "Processor time of the sandbox on the host");
    static final Metric POD_GUEST_CPU_SECONDS_TOTAL =
            Metric.counter("saya_pod_guest_cpu_seconds_total", "Processor time of all containers");
    static final Metric POD_OVERHEAD_CPU_SECONDS_TOTAL =
            Metric.counter(
                    "saya_pod_overhead_cpu_seconds_total",
                    "Processor time of the sandbox beside that of its containers");
    static final Metric KATA_SHIM_POD_OVERHEAD_CPU =
            Metric.gauge(
                    "kata_shim_pod_overhead_cpu",
                    "Overhead since the scrape before, in percent of one processor");
    static final Metric KATA_SHIM_POD_OVERHEAD_MEMORY_IN_BYTES =
            Metric.gauge(
                    "kata_shim_pod_overhead_memory_in_bytes",
                    "Memory of the sandbox beside that of its containers");

    private static final double PERCENT = 100;

    /** By the containers themselves: the next one may have the same id, and begins at 0. */
    private final Map<Container, Long> cpuOf = new HashMap<>();

    private long cpuOfGone;
    private long guestCpu;
    private long overheadCpu;
    private @Nullable Before before;

    private record Before(long atNanos, long overheadCpu) {}

    /**
     * Writes nothing where the guest has not told all of its containers: half of it would be a lie.
     *
     * @param all containers that the sandbox has
     */
    void write(HostProcesses host, GuestReading guest, List<Container> all, Exposition out) {
        if (!guest.whole(all.size()) || !host.readings().containsKey(Role.QEMU)) {
            return;
        }
        long now = System.nanoTime();
        memory(host, guest, out);
        long hostCpu = 0;
        for (ProcessReading each : host.readings().values()) {
            hostCpu += each.cpuNanos();
        }
        guestCpu = Math.max(guestCpu, guestCpu(guest, all));
        overheadCpu = Math.max(overheadCpu, hostCpu - guestCpu);
        out.addNanos(POD_HOST_CPU_SECONDS_TOTAL, hostCpu);
        out.addNanos(POD_GUEST_CPU_SECONDS_TOTAL, guestCpu);
        out.addNanos(POD_OVERHEAD_CPU_SECONDS_TOTAL, overheadCpu);
        Before earlier = before;
        if (earlier != null && now > earlier.atNanos()) {
            out.add(
                    KATA_SHIM_POD_OVERHEAD_CPU,
                    PERCENT
                            * (overheadCpu - earlier.overheadCpu())
                            / (double) (now - earlier.atNanos()));
        }
        before = new Before(now, overheadCpu);
    }

    private static void memory(HostProcesses host, GuestReading guest, Exposition out) {
        long onHost = 0;
        for (Map.Entry<Role, ProcessReading> each : host.readings().entrySet()) {
            ProcessReading reading = each.getValue();
            SmapsRollup sizes = host.memory().get(each.getKey());
            onHost +=
                    switch (each.getKey()) {
                        // The guest's memory is a file of its own (memfd) that QEMU maps.
                        case QEMU -> reading.bytes("rssanon") + reading.bytes("rssshmem");
                        // It maps the guest's memory as well, which counts once.
                        case VIRTIOFSD -> reading.bytes("rssanon");
                        case SHIM, GUARD ->
                                sizes == null ? reading.bytes("rssanon") : sizes.privately();
                    };
        }
        long inGuest = 0;
        for (ContainerUsage figures : guest.containers().values()) {
            inGuest += figures.memory().usage().usage();
        }
        long overhead = Math.max(0, onHost - inGuest);
        out.add(POD_HOST_MEMORY_BYTES, onHost);
        out.add(POD_GUEST_MEMORY_BYTES, inGuest);
        out.add(POD_OVERHEAD_MEMORY_BYTES, overhead);
        out.add(KATA_SHIM_POD_OVERHEAD_MEMORY_IN_BYTES, overhead);
    }

    private long guestCpu(GuestReading guest, List<Container> all) {
        guest.containers()
                .forEach(
                        (container, figures) ->
                                cpuOf.merge(container, figures.cpu().time().total(), Math::max));
        // One of which the guest tells nothing any more has what it had, while it is there.
        Set<Container> there = new HashSet<>(all);
        for (Map.Entry<Container, Long> each : cpuOf.entrySet()) {
            if (!there.contains(each.getKey())) {
                cpuOfGone += each.getValue();
            }
        }
        cpuOf.keySet().retainAll(there);
        long sum = cpuOfGone;
        for (long used : cpuOf.values()) {
            sum += used;
        }
        return sum;
    }
}
