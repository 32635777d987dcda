package io.saya.cli.check;

import io.saya.cli.host.KvmState;
import io.saya.config.MachineConfig.Accelerator;
import io.saya.qemu.probe.KvmVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What executes the guest's code: the processor's virtualization, KVM, or QEMU's emulation. */
final class ProcessorChecks {
    private static final String EMULATED = "guests are emulated (TCG): slower, but containers run";

    private ProcessorChecks() {}

    static Finding cpu(CheckedHost host) {
        Set<String> flags =
                Set.of(host.files().field("/proc/cpuinfo", "flags", ':').split(" ", -1));
        String vendor = host.files().field("/proc/cpuinfo", "vendor_id", ':');
        String model = host.files().field("/proc/cpuinfo", "model name", ':');
        String extension = vendor.equals("AuthenticAMD") ? "svm" : "vmx";
        List<String> missing = new ArrayList<>();
        for (String needed : List.of("lm", "sse4_1")) {
            if (!flags.contains(needed)) {
                missing.add(needed);
            }
        }
        String name = vendor + ", " + model;
        if (!missing.isEmpty()) {
            return Finding.fail(
                    "cpu",
                    name + " lacks " + String.join(", ", missing),
                    "guests need a 64-bit x86 processor with SSE 4.1");
        }
        if (flags.contains(extension)) {
            return Finding.pass("cpu", name + ", virtualization (" + extension + ")");
        }
        return Finding.warn(
                "cpu",
                name + ", without virtualization (no flag " + extension + ")",
                flags.contains("hypervisor")
                        ? "this host is a virtual machine: enable nested virtualization for it, or"
                                + " accept emulated guests"
                        : "enable virtualization in the firmware's setup");
    }

    /** True if guests run under KVM here. */
    static boolean runsUnderKvm(CheckedHost host) {
        return runsUnderKvm(kvm(host));
    }

    /** True if a finding of {@link #kvm} says so. */
    static boolean runsUnderKvm(Finding finding) {
        return finding.check().equals("kvm")
                && finding.verdict() == Finding.Verdict.PASS
                && !finding.text().contains("TCG");
    }

    /** Truthful about KVM: a device node that opens is not proof that a guest runs. */
    static Finding kvm(CheckedHost host) {
        Accelerator wanted = host.config().hypervisor().machine().accelerator();
        if (wanted == Accelerator.TCG) {
            return Finding.pass("kvm", "not wanted: accelerator = \"tcg\"; " + EMULATED);
        }
        boolean device = host.files().exists("/dev/kvm");
        if (device && !host.root() && !host.files().at("/dev/kvm").toFile().canWrite()) {
            return Finding.skip("kvm", "/dev/kvm is not open to this user");
        }
        return switch (KvmState.of(host.config().hypervisor().vmm().path(), host.runBase())) {
            case KvmVerdict.Usable(String model) ->
                    Finding.pass("kvm", "a guest runs under it (-cpu " + model + ")");
            case KvmVerdict.Unusable(String reason) ->
                    unusable(wanted, "/dev/kvm opens, but runs no guest: " + reason);
            case KvmVerdict.Undecided(String reason) -> unusable(wanted, reason);
        };
    }

    private static Finding unusable(Accelerator wanted, String text) {
        if (wanted == Accelerator.KVM) {
            return Finding.fail(
                    "kvm",
                    text,
                    "the configuration wants KVM: set accelerator = \"auto\" in"
                            + " [hypervisor.qemu], or make KVM work");
        }
        return Finding.warn(
                "kvm",
                text,
                EMULATED
                        + "; for KVM, use a host with hardware virtualization (see cpu and"
                        + " modules)");
    }

    /** Modules of the host's kernel that make containers faster, or some of them possible. */
    static Finding modules(CheckedHost host) {
        String vendor = host.files().field("/proc/cpuinfo", "vendor_id", ':');
        List<String> wanted =
                List.of(
                        "kvm",
                        vendor.equals("AuthenticAMD") ? "kvm_amd" : "kvm_intel",
                        "vhost",
                        "vhost_net",
                        "vhost_vsock",
                        "tun",
                        "fuse");
        String release = host.files().text("/proc/sys/kernel/osrelease");
        String builtIn = host.files().text("/lib/modules/" + release + "/modules.builtin");
        List<String> missing = new ArrayList<>();
        for (String module : wanted) {
            if (!host.files().exists("/sys/module/" + module)
                    && !builtIn.contains("/" + module + ".ko")
                    && !present(host, module)) {
                missing.add(module);
            }
        }
        if (missing.isEmpty()) {
            return Finding.pass("modules", String.join(", ", wanted));
        }
        boolean loadable = host.files().exists("/lib/modules/" + release);
        return Finding.warn(
                "modules",
                "the kernel (" + release + ") has not: " + String.join(", ", missing),
                loadable
                        ? "load what it has: modprobe -a " + String.join(" ", missing)
                        : "this kernel cannot load any; each is optional: see kvm, vhost-net,"
                                + " vhost-vsock");
    }

    /** Not every driver that is compiled in shows up below /sys/module; what it does tells too. */
    private static boolean present(CheckedHost host, String module) {
        return switch (module) {
            case "tun" -> host.files().exists("/dev/net/tun");
            case "fuse" -> host.files().exists("/dev/fuse");
            case "kvm" -> host.files().exists("/dev/kvm");
            case "vhost_net" -> host.files().exists("/dev/vhost-net");
            case "vhost_vsock" -> host.files().exists("/dev/vhost-vsock");
            default -> false;
        };
    }
}
