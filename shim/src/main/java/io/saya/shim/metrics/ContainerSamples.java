package io.saya.shim.metrics;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.BlockFile;
import io.saya.agent.ContainerUsage.Cpu;
import io.saya.agent.ContainerUsage.DeviceCount;
import io.saya.agent.ContainerUsage.Pids;
import io.saya.container.Container;
import io.saya.shim.service.GuestMemory;
import java.util.ArrayList;
import java.util.List;

/** Writes what containers use: the same figures as in the answer to {@code Stats}. */
final class ContainerSamples {
    static final Metric CONTAINER_INFO =
            Metric.gauge(
                    "saya_container_info",
                    "A container of the sandbox",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_SECONDS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_seconds_total",
                    "Processor time of a container, as the host's",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_USER_SECONDS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_user_seconds_total",
                    "Of that, in programs",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_SYSTEM_SECONDS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_system_seconds_total",
                    "Of that, in the guest's kernel",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_PERIODS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_periods_total",
                    "Periods of the processor quota",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_THROTTLED_PERIODS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_throttled_periods_total",
                    "Periods in which the quota was used up",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_CPU_THROTTLED_SECONDS_TOTAL =
            Metric.counter(
                    "saya_container_cpu_throttled_seconds_total",
                    "Time without processor since the quota was used up",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_USAGE_BYTES =
            Metric.gauge(
                    "saya_container_memory_usage_bytes",
                    "Memory of a container, page cache included",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_WORKING_SET_BYTES =
            Metric.gauge(
                    "saya_container_memory_working_set_bytes",
                    "Memory less the file pages that were not used lately",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_ANON_BYTES =
            Metric.gauge(
                    "saya_container_memory_anon_bytes",
                    "Anonymous memory",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_FILE_BYTES =
            Metric.gauge(
                    "saya_container_memory_file_bytes",
                    "Page cache",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_PEAK_BYTES =
            Metric.gauge(
                    "saya_container_memory_peak_bytes",
                    "The most memory that was used",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_LIMIT_BYTES =
            Metric.gauge(
                    "saya_container_memory_limit_bytes",
                    "The limit of memory",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_MEMORY_LIMIT_HITS_TOTAL =
            Metric.counter(
                    "saya_container_memory_limit_hits_total",
                    "How often the limit of memory was reached",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_SWAP_USAGE_BYTES =
            Metric.gauge(
                    "saya_container_swap_usage_bytes",
                    "Swap without memory",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_PROCESSES =
            Metric.gauge(
                    "saya_container_processes",
                    "Processes and threads of a container",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_PROCESSES_LIMIT =
            Metric.gauge(
                    "saya_container_processes_limit",
                    "The limit of processes and threads",
                    "container_id",
                    "container_name");
    static final Metric CONTAINER_IO_BYTES_TOTAL =
            Metric.counter(
                    "saya_container_io_bytes_total",
                    "Bytes from and to block devices of the guest",
                    "container_id",
                    "container_name",
                    "direction");
    static final Metric CONTAINERS_NOT_SHOWN =
            Metric.gauge("saya_containers_not_shown", "Containers beyond those that are shown");
    static final Metric CONTAINERS_LATE =
            Metric.gauge("saya_containers_late", "Containers whose figures did not come in time");

    private final ContainerNames names = new ContainerNames();

    void write(GuestReading guest, List<Container> all, Exposition out) {
        names.keepOnly(new ArrayList<>(all));
        out.add(CONTAINERS_NOT_SHOWN, Math.max(0, all.size() - GuestReading.CONTAINERS));
        out.add(CONTAINERS_LATE, guest.late());
        for (Container container : all.subList(0, Math.min(GuestReading.CONTAINERS, all.size()))) {
            out.add(CONTAINER_INFO, 1, container.id(), names.of(container));
        }
        guest.containers()
                .forEach(
                        (container, figures) -> {
                            String[] labels = {container.id(), names.of(container)};
                            cpu(figures.cpu(), labels, out);
                            memory(new GuestMemory(figures.memory()), labels, out);
                            processes(figures.pids(), labels, out);
                            io(figures, labels, out);
                        });
    }

    private static void cpu(Cpu cpu, String[] labels, Exposition out) {
        out.addNanos(CONTAINER_CPU_SECONDS_TOTAL, cpu.time().total(), labels);
        out.addNanos(CONTAINER_CPU_USER_SECONDS_TOTAL, cpu.time().user(), labels);
        out.addNanos(CONTAINER_CPU_SYSTEM_SECONDS_TOTAL, cpu.time().kernel(), labels);
        out.add(CONTAINER_CPU_PERIODS_TOTAL, cpu.periods(), labels);
        out.add(CONTAINER_CPU_THROTTLED_PERIODS_TOTAL, cpu.throttledPeriods(), labels);
        out.addNanos(CONTAINER_CPU_THROTTLED_SECONDS_TOTAL, cpu.throttledNanos(), labels);
    }

    private static void memory(GuestMemory memory, String[] labels, Exposition out) {
        Amount usage = memory.usage();
        out.add(CONTAINER_MEMORY_USAGE_BYTES, usage.usage(), labels);
        out.add(
                CONTAINER_MEMORY_WORKING_SET_BYTES,
                Math.max(0, usage.usage() - memory.line("inactive_file", "inactive_file")),
                labels);
        out.add(CONTAINER_MEMORY_ANON_BYTES, memory.line("rss", "anon"), labels);
        out.add(CONTAINER_MEMORY_FILE_BYTES, memory.line("cache", "file"), labels);
        out.add(CONTAINER_MEMORY_PEAK_BYTES, usage.maxUsage(), labels);
        if (!GuestMemory.isUnlimited(usage.limit())) {
            out.add(CONTAINER_MEMORY_LIMIT_BYTES, usage.limit(), labels);
        }
        out.add(CONTAINER_MEMORY_LIMIT_HITS_TOTAL, usage.failures(), labels);
        out.add(CONTAINER_SWAP_USAGE_BYTES, memory.swapOnly().usage(), labels);
    }

    private static void processes(Pids processes, String[] labels, Exposition out) {
        out.add(CONTAINER_PROCESSES, processes.current(), labels);
        if (!GuestMemory.isUnlimited(processes.limit())) {
            out.add(CONTAINER_PROCESSES_LIMIT, processes.limit(), labels);
        }
    }

    private static void io(ContainerUsage figures, String[] labels, Exposition out) {
        long read = 0;
        long written = 0;
        for (DeviceCount entry : figures.io(BlockFile.SERVICE_BYTES)) {
            // Agents write Read, read or rbytes; other operations count these again.
            if (entry.operation().startsWith("r") || entry.operation().startsWith("R")) {
                read += entry.value();
            } else if (entry.operation().startsWith("w") || entry.operation().startsWith("W")) {
                written += entry.value();
            }
        }
        out.add(CONTAINER_IO_BYTES_TOTAL, read, labels[0], labels[1], "read");
        out.add(CONTAINER_IO_BYTES_TOTAL, written, labels[0], labels[1], "write");
    }
}
