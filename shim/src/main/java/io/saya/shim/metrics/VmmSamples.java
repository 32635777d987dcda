package io.saya.shim.metrics;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringTokenizer;

/** Writes what the host knows of the machine's virtual CPUs and interfaces. */
final class VmmSamples {
    static final Metric VCPU_CPU_SECONDS_TOTAL =
            Metric.counter(
                    "saya_vcpu_cpu_seconds_total", "Processor time of a virtual CPU", "vcpu");
    static final Metric VCPU_WAIT_SECONDS_TOTAL =
            Metric.counter(
                    "saya_vcpu_wait_seconds_total",
                    "Time a virtual CPU could have run and had no processor",
                    "vcpu");
    static final Metric KATA_HYPERVISOR_NETDEV =
            Metric.gauge(
                    "kata_hypervisor_netdev",
                    "Interfaces in QEMU's network namespace",
                    "interface",
                    "item");

    /** Interfaces that are shown; a machine has room for fewer cards. */
    private static final int INTERFACES = 32;

    /** Fields of {@code /proc/net/dev} behind the colon, as Kata names them. */
    private static final String[] NETDEV_ITEMS = {
        "recv_bytes",
        "recv_packets",
        "recv_errs",
        "recv_drop",
        "recv_fifo",
        "recv_frame",
        "recv_compressed",
        "recv_multicast",
        "sent_bytes",
        "sent_packets",
        "sent_errs",
        "sent_drop",
        "sent_fifo",
        "sent_colls",
        "sent_carrier",
        "sent_compressed"
    };

    private VmmSamples() {}

    static void write(long pid, Exposition out) {
        if (pid > 0) {
            vcpus(pid, out);
            interfaces(pid, out);
        }
    }

    /** QEMU names its threads (debug-threads): {@code CPU 0/KVM}. */
    private static void vcpus(long pid, Exposition out) {
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                String name = ProcFile.text(thread.resolve("comm"));
                if (name.startsWith("CPU ") && name.indexOf('/') > 0) {
                    vcpu(
                            Long.toString(ProcFile.number(name)),
                            ProcFile.text(thread.resolve("schedstat")),
                            out);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // QEMU has just ended, and its figures with it.
        }
    }

    private static void vcpu(String vcpu, String schedstat, Exposition out) {
        String[] fields = schedstat.split(" ", 3);
        if (fields.length == 3) {
            out.addNanos(VCPU_CPU_SECONDS_TOTAL, ProcFile.number(fields[0]), vcpu);
            out.addNanos(VCPU_WAIT_SECONDS_TOTAL, ProcFile.number(fields[1]), vcpu);
        }
    }

    /** Not those of the host, where a sandbox is in its namespace. */
    private static void interfaces(long pid, Exposition out) {
        if (sameNamespace(pid)) {
            return;
        }
        int shown = 0;
        for (String line : ProcFile.text(Path.of("/proc/" + pid + "/net/dev")).split("\n", -1)) {
            int colon = line.lastIndexOf(':');
            StringTokenizer values = new StringTokenizer(line.substring(colon + 1));
            if (colon > 0 && values.countTokens() >= NETDEV_ITEMS.length && shown++ < INTERFACES) {
                String name = line.substring(0, colon).strip();
                for (String item : NETDEV_ITEMS) {
                    out.add(
                            KATA_HYPERVISOR_NETDEV,
                            ProcFile.number(values.nextToken()),
                            name,
                            item);
                }
            }
        }
    }

    private static boolean sameNamespace(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net"))
                    .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
        } catch (IOException e) {
            return true;
        }
    }
}
