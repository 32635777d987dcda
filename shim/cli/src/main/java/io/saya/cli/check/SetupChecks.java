package io.saya.cli.check;

import java.io.IOException;
import java.nio.file.Files;

/** Checks how the host is set up: cgroups, memory, the run directory, the log. */
final class SetupChecks {
    private static final long KIB = 1024;

    private SetupChecks() {}

    static Finding cgroups(CheckedHost host) {
        if (host.files().exists("/sys/fs/cgroup/cgroup.controllers")) {
            return Finding.pass("cgroups", "version 2");
        }
        if (host.files().exists("/sys/fs/cgroup/memory")) {
            boolean hybrid = host.files().exists("/sys/fs/cgroup/unified/cgroup.procs");
            return Finding.pass("cgroups", hybrid ? "version 1 (hybrid)" : "version 1");
        }
        return Finding.warn(
                "cgroups",
                "none is mounted on /sys/fs/cgroup",
                "containerd and Kubernetes need them; a VM itself does not");
    }

    static Finding memory(CheckedHost host) {
        String text = host.files().field("/proc/meminfo", "MemAvailable", ':');
        int blank = text.indexOf(' ');
        int wanted = host.config().hypervisor().memory().defaultMib();
        if (blank <= 0) {
            return Finding.warn("memory", "/proc/meminfo tells nothing", "");
        }
        long available = Long.parseLong(text.substring(0, blank)) / KIB;
        String found = available + " MiB available, a guest may use " + wanted + " MiB";
        return available >= wanted
                ? Finding.pass("memory", found)
                : Finding.warn(
                        "memory",
                        found,
                        "free memory, or lower default_memory in" + " [hypervisor.qemu]");
    }

    static Finding runDirectory(CheckedHost host) {
        if (!host.root()) {
            return Finding.skip("run-directory", host.runBase() + " belongs to root");
        }
        try {
            Files.createDirectories(host.runBase());
            Files.delete(Files.createTempFile(host.runBase(), "check", ""));
            return Finding.pass("run-directory", host.runBase().toString());
        } catch (IOException e) {
            return Finding.fail(
                    "run-directory",
                    host.runBase() + " cannot be written: " + e.getMessage(),
                    "make it writable, or move it by the environment variable SAYA_RUN_DIR");
        }
    }

    static Finding systemLog(CheckedHost host) {
        if (host.files().exists("/run/systemd/journal/socket")) {
            return Finding.pass("system-log", "journald (journalctl -t saya)");
        }
        return Finding.pass(
                "system-log",
                host.files().exists("/dev/log")
                        ? "syslog, tag saya"
                        : "none; the log goes to containerd's only");
    }
}
