package io.saya.shim.metrics;

import io.saya.shim.metrics.HostProcesses.Role;
import org.jspecify.annotations.Nullable;

/** Writes what the host knows of the sandbox's processes, by our names and by Kata's. */
final class ProcessSamples {
    static final Metric PROCESS_CPU_SECONDS_TOTAL =
            Metric.counter(
                    "saya_process_cpu_seconds_total",
                    "Processor time of a process of the sandbox on the host",
                    "process",
                    "mode");
    static final Metric PROCESS_RESIDENT_MEMORY_BYTES =
            Metric.gauge(
                    "saya_process_resident_memory_bytes",
                    "Resident memory of a process of the sandbox",
                    "process");
    static final Metric PROCESS_PRIVATE_MEMORY_BYTES =
            Metric.gauge(
                    "saya_process_private_memory_bytes",
                    "Memory that goes with the process",
                    "process");
    static final Metric PROCESS_PROPORTIONAL_MEMORY_BYTES =
            Metric.gauge(
                    "saya_process_proportional_memory_bytes",
                    "Resident memory, of shared pages a share",
                    "process");
    static final Metric PROCESS_SWAP_BYTES =
            Metric.gauge(
                    "saya_process_swap_bytes",
                    "Memory of a process that is swapped out",
                    "process");
    static final Metric PROCESS_IO_BYTES_TOTAL =
            Metric.counter(
                    "saya_process_io_bytes_total",
                    "Bytes from and to storage",
                    "process",
                    "direction");
    static final Metric PROCESS_OPEN_FDS =
            Metric.gauge("saya_process_open_fds", "Open descriptors of a process", "process");
    static final Metric PROCESS_THREADS =
            Metric.gauge("saya_process_threads", "Threads of a process", "process");
    static final Metric KATA_SHIM_THREADS =
            Metric.gauge("kata_shim_threads", "Threads of the shim");
    static final Metric KATA_SHIM_FDS =
            Metric.gauge("kata_shim_fds", "Open descriptors of the shim");
    static final Metric KATA_SHIM_PROC_STAT =
            Metric.gauge("kata_shim_proc_stat", "The shim in /proc/PID/stat", "item");
    static final Metric KATA_SHIM_PROC_STATUS =
            Metric.gauge("kata_shim_proc_status", "The shim in /proc/PID/status", "item");
    static final Metric KATA_SHIM_IO_STAT =
            Metric.gauge("kata_shim_io_stat", "The shim in /proc/PID/io", "item");
    static final Metric KATA_HYPERVISOR_THREADS =
            Metric.gauge("kata_hypervisor_threads", "Threads of QEMU");
    static final Metric KATA_HYPERVISOR_FDS =
            Metric.gauge("kata_hypervisor_fds", "Open descriptors of QEMU");
    static final Metric KATA_HYPERVISOR_PROC_STAT =
            Metric.gauge("kata_hypervisor_proc_stat", "QEMU in /proc/PID/stat", "item");
    static final Metric KATA_HYPERVISOR_PROC_STATUS =
            Metric.gauge("kata_hypervisor_proc_status", "QEMU in /proc/PID/status", "item");
    static final Metric KATA_HYPERVISOR_IO_STAT =
            Metric.gauge("kata_hypervisor_io_stat", "QEMU in /proc/PID/io", "item");
    static final Metric KATA_VIRTIOFSD_THREADS =
            Metric.gauge("kata_virtiofsd_threads", "Threads of virtiofsd");
    static final Metric KATA_VIRTIOFSD_FDS =
            Metric.gauge("kata_virtiofsd_fds", "Open descriptors of virtiofsd");
    static final Metric KATA_VIRTIOFSD_PROC_STAT =
            Metric.gauge("kata_virtiofsd_proc_stat", "virtiofsd in /proc/PID/stat", "item");
    static final Metric KATA_VIRTIOFSD_PROC_STATUS =
            Metric.gauge("kata_virtiofsd_proc_status", "virtiofsd in /proc/PID/status", "item");
    static final Metric KATA_VIRTIOFSD_IO_STAT =
            Metric.gauge("kata_virtiofsd_io_stat", "virtiofsd in /proc/PID/io", "item");

    private ProcessSamples() {}

    /** Kata's metrics of one process. */
    private record KataMetrics(Metric threads, Metric fds, Metric stat, Metric status, Metric io) {}

    private static final KataMetrics SHIM =
            new KataMetrics(
                    KATA_SHIM_THREADS,
                    KATA_SHIM_FDS,
                    KATA_SHIM_PROC_STAT,
                    KATA_SHIM_PROC_STATUS,
                    KATA_SHIM_IO_STAT);

    private static final KataMetrics HYPERVISOR =
            new KataMetrics(
                    KATA_HYPERVISOR_THREADS,
                    KATA_HYPERVISOR_FDS,
                    KATA_HYPERVISOR_PROC_STAT,
                    KATA_HYPERVISOR_PROC_STATUS,
                    KATA_HYPERVISOR_IO_STAT);

    private static final KataMetrics VIRTIOFSD =
            new KataMetrics(
                    KATA_VIRTIOFSD_THREADS,
                    KATA_VIRTIOFSD_FDS,
                    KATA_VIRTIOFSD_PROC_STAT,
                    KATA_VIRTIOFSD_PROC_STATUS,
                    KATA_VIRTIOFSD_IO_STAT);

    static void write(HostProcesses host, Exposition out) {
        host.readings()
                .forEach(
                        (role, reading) -> {
                            write(role, reading, host.memory().get(role), out);
                            switch (role) {
                                case SHIM -> write(SHIM, reading, out);
                                case QEMU -> write(HYPERVISOR, reading, out);
                                case VIRTIOFSD -> write(VIRTIOFSD, reading, out);
                                // Kata has none.
                                case GUARD -> {}
                            }
                        });
    }

    private static void write(
            Role role, ProcessReading reading, @Nullable SmapsRollup sizes, Exposition out) {
        String process = role.word();
        out.addNanos(PROCESS_CPU_SECONDS_TOTAL, reading.userNanos(), process, "user");
        out.addNanos(PROCESS_CPU_SECONDS_TOTAL, reading.systemNanos(), process, "system");
        out.add(PROCESS_RESIDENT_MEMORY_BYTES, reading.bytes("vmrss"), process);
        out.add(PROCESS_SWAP_BYTES, reading.bytes("vmswap"), process);
        out.add(
                PROCESS_PRIVATE_MEMORY_BYTES,
                sizes == null ? reading.bytes("rssanon") : sizes.privately(),
                process);
        if (sizes != null) {
            out.add(PROCESS_PROPORTIONAL_MEMORY_BYTES, sizes.proportional(), process);
        }
        out.add(
                PROCESS_IO_BYTES_TOTAL,
                reading.io().getOrDefault("readbytes", 0L),
                process,
                "read");
        out.add(
                PROCESS_IO_BYTES_TOTAL,
                reading.io().getOrDefault("writebytes", 0L),
                process,
                "write");
        out.add(PROCESS_THREADS, reading.threads(), process);
        if (reading.fds() >= 0) {
            out.add(PROCESS_OPEN_FDS, reading.fds(), process);
        }
    }

    private static void write(KataMetrics metrics, ProcessReading reading, Exposition out) {
        out.add(metrics.threads(), reading.threads());
        if (reading.fds() >= 0) {
            out.add(metrics.fds(), reading.fds());
        }
        reading.stat().forEach((item, value) -> out.add(metrics.stat(), value, item));
        reading.status().forEach((item, value) -> out.add(metrics.status(), value, item));
        reading.io().forEach((item, value) -> out.add(metrics.io(), value, item));
    }
}
