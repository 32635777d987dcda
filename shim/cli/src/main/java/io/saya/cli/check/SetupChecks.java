package io.saya.cli.check;

import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlEntry;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** How the host is set up: cgroups, memory, the run directory, who calls the runtime. */
final class SetupChecks {
    private static final String RUNTIME_TYPE = "io.containerd.saya.v2";
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

    /** Whether anybody would ever call this runtime. */
    static Finding handler(CheckedHost host) {
        String path = "/etc/containerd/config.toml";
        String advice =
                "for Kubernetes, register it: README.md, 'Register it'. `ctr run --runtime "
                        + RUNTIME_TYPE
                        + "` only needs bin/containerd-shim-saya-v2 on containerd's PATH";
        for (String file : host.files().names("/etc/crio/crio.conf.d")) {
            if (host.files()
                    .text("/etc/crio/crio.conf.d/" + file)
                    .contains("containerd-shim-saya-v2")) {
                return Finding.pass("handler", "CRI-O: /etc/crio/crio.conf.d/" + file);
            }
        }
        if (!host.files().exists(path)) {
            return Finding.warn("handler", "there is no " + path, advice);
        }
        try {
            TomlDocument document = TomlFile.read(host.files().at(path));
            if (!document.errors().isEmpty()) {
                TomlDocument.SyntaxError first = document.errors().getFirst();
                return Finding.warn(
                        "handler",
                        path + ":" + first.position().line() + ": " + first.text(),
                        "correct it; containerd cannot read it either");
            }
            return handler(document.entries(), path, advice);
        } catch (IOException e) {
            return Finding.warn("handler", path + " " + e.getMessage(), advice);
        }
    }

    private static Finding handler(List<TomlEntry> entries, String path, String advice) {
        for (TomlEntry entry : entries) {
            if (entry.key().equals("runtime_type") && RUNTIME_TYPE.equals(entry.value())) {
                return Finding.pass(
                        "handler",
                        path
                                + ":"
                                + entry.position().line()
                                + ": runtime '"
                                + entry.table().getLast()
                                + "'");
            }
        }
        return Finding.warn("handler", path + " has no runtime of type " + RUNTIME_TYPE, advice);
    }
}
