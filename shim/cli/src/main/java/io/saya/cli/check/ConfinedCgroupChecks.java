package io.saya.cli.check;

import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** What the launcher says of the kernel: it does there what these parts of the confinement need. */
final class ConfinedCgroupChecks {
    private static final String DEVICES = "devices";
    private static final String CORES = "cores";
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private ConfinedCgroupChecks() {}

    /** Checks that what is in a pod's cgroup can be held to a list of devices. */
    static Finding devices(CheckedHost host) {
        if (!host.files().exists("/sys/fs/cgroup/cgroup.controllers")) {
            return Finding.pass(DEVICES, "QEMU is held to a list by cgroup version 1");
        }
        if (!host.root()) {
            return Finding.skip(DEVICES, "whether this kernel takes the program for it");
        }
        Program tried = launcher(host, "-address", "c 1:3 rw", DEVICES);
        return tried.exitCode() == 0
                ? Finding.pass(DEVICES, "QEMU is held to a list by a program of BPF")
                : Finding.warn(
                        DEVICES,
                        "QEMU is held to no list of devices: " + tried.firstLine(),
                        "use a kernel with CONFIG_CGROUP_BPF; QEMU finds no node of another device"
                                + " even so");
    }

    /** Checks that a sandbox can have cores to itself, as containerd may ask for. */
    static Finding cores(CheckedHost host) {
        Program tried = launcher(host, CORES);
        return Finding.pass(
                CORES,
                tried.exitCode() == 0
                        ? "a sandbox has those that it runs on to itself, where containerd sets"
                                + " SCHED_CORE"
                        : "no core scheduling, should containerd set SCHED_CORE: "
                                + tried.firstLine());
    }

    private static Program launcher(CheckedHost host, String... arguments) {
        Path program = host.installation().resolve("bin/containerd-shim-saya-v2");
        try {
            return Program.run(LIMIT, program, arguments);
        } catch (IOException e) {
            return new Program(1, program + " cannot be run: " + e.getMessage());
        }
    }
}
