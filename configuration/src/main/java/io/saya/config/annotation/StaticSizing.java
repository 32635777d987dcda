package io.saya.config.annotation;

import io.saya.config.CpuConfig;
import io.saya.config.HostSize;
import io.saya.config.HypervisorConfig;
import io.saya.config.MemoryConfig;
import io.saya.config.RuntimeConfig;
import java.util.Map;

/**
 * Sizes a VM at boot for what its pod's containers may use in sum, as containerd's CRI plugin tells
 * it by annotations of the sandbox (reference: Kata's static mode). Used with {@code
 * static_sandbox_resource_mgmt}.
 */
final class StaticSizing {

    private static final String QUOTA = "io.kubernetes.cri.sandbox-cpu-quota";
    private static final String PERIOD = "io.kubernetes.cri.sandbox-cpu-period";
    private static final String SHARES = "io.kubernetes.cri.sandbox-cpu-shares";
    private static final String MEMORY = "io.kubernetes.cri.sandbox-memory";

    private static final long MIB = 1024 * 1024;
    private static final double SHARES_PER_CPU = 1024;

    private StaticSizing() {}

    static RuntimeConfig apply(
            RuntimeConfig config, Map<String, String> annotations, HostSize host) {
        CpuConfig cpu = config.hypervisor().cpu();
        MemoryConfig memory = config.hypervisor().memory();
        double vcpus =
                Math.min(
                        Math.min(CpuConfig.CEILING, Math.max(host.cpus(), cpu.bootVcpus())),
                        cpu.defaultVcpus() + vcpus(annotations));
        int mib =
                (int)
                        Math.min(
                                Math.max(host.memoryMib(), memory.defaultMib()),
                                memory.defaultMib() + memoryMib(annotations));
        HypervisorConfig sized =
                config.hypervisor()
                        .withSize(
                                new CpuConfig(vcpus, (int) Math.ceil(vcpus)), memory.fixedAt(mib));
        return new RuntimeConfig(sized, config.agent(), config.runtime());
    }

    private static double vcpus(Map<String, String> annotations) {
        long quota = number(annotations, QUOTA);
        long period = number(annotations, PERIOD);
        if (quota > 0 && period > 0) {
            return (double) quota / period;
        }
        long shares = number(annotations, SHARES);
        return quota < 0 && shares > 0 ? Math.ceil(shares / SHARES_PER_CPU) : 0;
    }

    private static long memoryMib(Map<String, String> annotations) {
        return Math.max(0, number(annotations, MEMORY) / MIB);
    }

    /** 0 for what is absent or no number: these annotations are the container manager's own. */
    private static long number(Map<String, String> annotations, String name) {
        String text = annotations.getOrDefault(name, "0");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
