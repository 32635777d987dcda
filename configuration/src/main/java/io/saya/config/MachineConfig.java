package io.saya.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The emulated machine.
 *
 * @param machineType QEMU's machine type ({@code machine_type}): {@code q35} or {@code microvm}
 * @param machineAccelerators further words of {@code -machine}, comma separated ({@code
 *     machine_accelerators}); may be empty
 * @param accelerator what executes the guest's code ({@code accelerator}; ours)
 * @param cpuFeatures words appended to the CPU model ({@code cpu_features}); may be empty
 * @param bridges PCI bridges for hot-plug ({@code default_bridges}), 0 to 5
 * @param enableIommu add a virtual IOMMU ({@code enable_iommu})
 * @param enableIommuPlatform put devices behind it ({@code enable_iommu_platform})
 * @param entropySource host file the guest's RNG is fed from ({@code entropy_source})
 * @param validEntropySources globs an annotation's value must match ({@code valid_entropy_sources})
 * @param useLegacySerial ISA serial port instead of a virtio console ({@code use_legacy_serial})
 * @param disableNestingChecks trust the guest to know modern virtio inside a VM ({@code
 *     disable_nesting_checks})
 * @param seccompSandbox QEMU's {@code -sandbox} value (its key has no underscore); empty: none
 * @param rootless run QEMU as an unprivileged user ({@code rootless})
 * @param disableSelinux no SELinux label on QEMU ({@code disable_selinux})
 * @param pflashes {@code -pflash} files ({@code pflashes})
 */
public record MachineConfig(
        String machineType,
        String machineAccelerators,
        Accelerator accelerator,
        String cpuFeatures,
        int bridges,
        boolean enableIommu,
        boolean enableIommuPlatform,
        Path entropySource,
        List<String> validEntropySources,
        boolean useLegacySerial,
        boolean disableNestingChecks,
        String seccompSandbox,
        boolean rootless,
        boolean disableSelinux,
        List<Path> pflashes) {

    /** What executes the guest's code. */
    public enum Accelerator {
        /** KVM where a probe guest really ran under it, else TCG. */
        AUTO,
        KVM,
        TCG
    }

    public MachineConfig {
        validEntropySources = List.copyOf(validEntropySources);
        pflashes = List.copyOf(pflashes);
    }
}
