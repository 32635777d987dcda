package io.saya.container;

import io.saya.host.ProcessorTimes;
import io.saya.proto.agent.CpuUsage;
import io.saya.proto.agent.StatsContainerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * From processor time of the guest to that of the host. A guest whose VMM waits for a processor
 * counts that wait as time in which its processes ran: on a busy host several times what the host
 * has spent. Of what a container has used since the last look counts the part that the VMM's
 * threads ran of the time in which they ran or waited; so all containers of a pod together use no
 * more than their pod. Never goes back. Not thread safe.
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
     * @param vmm what the VMM's process has had, from its beginning; where there are no figures,
     *     the guest's are taken as they are
     */
    HostShare(Supplier<Optional<ProcessorTimes>> vmm) {
        this.vmm = vmm;
    }

    /** The same figures with the processor time that the host has spent. */
    StatsContainerResponse of(StatsContainerResponse told) {
        if (!told.getCgroupStats().getCpuStats().hasCpuUsage()) {
            return told;
        }
        measure();
        CpuUsage guest = told.getCgroupStats().getCpuStats().getCpuUsage();
        CpuUsage.Builder host =
                CpuUsage.newBuilder()
                        .setTotalUsage(total.advance(guest.getTotalUsage(), share))
                        .setUsageInUsermode(user.advance(guest.getUsageInUsermode(), share))
                        .setUsageInKernelmode(kernel.advance(guest.getUsageInKernelmode(), share));
        if (processors.length != guest.getPercpuUsageCount()) {
            processors = new Counter[guest.getPercpuUsageCount()];
            for (int i = 0; i < processors.length; i++) {
                processors[i] = new Counter();
            }
        }
        for (int i = 0; i < processors.length; i++) {
            host.addPercpuUsage(processors[i].advance(guest.getPercpuUsage(i), share));
        }
        StatsContainerResponse.Builder figures = told.toBuilder();
        figures.getCgroupStatsBuilder().getCpuStatsBuilder().setCpuUsage(host);
        return figures.build();
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

    /** A time that grows by a part of what another one grows by. */
    private static final class Counter {
        private long guest;
        private double host;

        long advance(long now, double share) {
            if (now > guest) {
                host += (now - guest) * share;
                guest = now;
            }
            return (long) host;
        }
    }
}
