package io.saya.cli.env;

import io.saya.cli.host.HostFiles;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.qemu.probe.KvmVerdict;
import java.util.ArrayList;
import java.util.List;

/** The table {@code Host}. */
final class HostTable {
    private HostTable() {}

    static JsonObject of(HostFiles host, KvmVerdict kvm) {
        return JsonObject.builder()
                .put("AvailableGuestProtections", JsonArray.ofStrings(protections(host)))
                .put("Kernel", host.text("/proc/sys/kernel/osrelease"))
                .put("Architecture", System.getProperty("os.arch", ""))
                // Kata asks the processor; what counts is whether a guest runs.
                .put("VMContainerCapable", kvm instanceof KvmVerdict.Usable)
                .put("SupportVSocks", host.exists("/dev/vhost-vsock"))
                .put("Accelerator", kvm instanceof KvmVerdict.Usable ? "kvm" : "tcg")
                .put("AcceleratorReason", reason(kvm))
                .put(
                        "Distro",
                        JsonObject.builder()
                                .put("Name", host.field("/etc/os-release", "NAME", '='))
                                .put("Version", host.field("/etc/os-release", "VERSION_ID", '='))
                                .build())
                .put("CPU", cpu(host))
                .put(
                        "Memory",
                        JsonObject.builder()
                                .put("Total", kib(host, "MemTotal"))
                                .put("Free", kib(host, "MemFree"))
                                .put("Available", kib(host, "MemAvailable"))
                                .build())
                .build();
    }

    private static String reason(KvmVerdict kvm) {
        return switch (kvm) {
            case KvmVerdict.Usable(String model) -> "a guest ran under KVM, -cpu " + model;
            case KvmVerdict.Unusable(String reason) -> reason;
            case KvmVerdict.Undecided(String reason) -> reason;
        };
    }

    private static JsonObject cpu(HostFiles host) {
        return JsonObject.builder()
                .put("Vendor", host.field("/proc/cpuinfo", "vendor_id", ':'))
                .put("Model", host.field("/proc/cpuinfo", "model name", ':'))
                .put("CPUs", Runtime.getRuntime().availableProcessors())
                .build();
    }

    /** Encrypted guests that the host's kernel offers; Kata's names. */
    private static List<String> protections(HostFiles host) {
        List<String> found = new ArrayList<>();
        offered(host, found, "/sys/module/kvm_intel/parameters/tdx", "tdx");
        offered(host, found, "/sys/module/kvm_amd/parameters/sev", "sev");
        offered(host, found, "/sys/module/kvm_amd/parameters/sev_snp", "snp");
        return found;
    }

    private static void offered(HostFiles host, List<String> found, String path, String name) {
        String value = host.text(path);
        if (value.equals("Y") || value.equals("1")) {
            found.add(name);
        }
    }

    private static long kib(HostFiles host, String name) {
        String value = host.field("/proc/meminfo", name, ':');
        int blank = value.indexOf(' ');
        return blank <= 0 ? 0 : Long.parseLong(value.substring(0, blank));
    }
}
