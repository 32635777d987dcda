package io.saya.config;

import java.nio.file.Path;

/**
 * The emulated machine.
 *
 * @param machineType QEMU's machine type ({@code machine_type}): {@code q35} or one of its versions
 * @param accelerator what executes the guest's code ({@code accelerator}; ours)
 * @param words appended to QEMU's {@code -machine}, separated by commas ({@code
 *     machine_accelerators}); may be empty
 * @param cpuFeatures words appended to the CPU model ({@code cpu_features}); may be empty
 * @param entropySource the host's file that feeds the guest's RNG ({@code entropy_source})
 * @param seccompSandbox QEMU's {@code -sandbox} value (its key has no underscore); empty: none
 * @param disks those that are passed to the guest while it runs
 */
public record MachineConfig(
        String machineType,
        Accelerator accelerator,
        String words,
        String cpuFeatures,
        Path entropySource,
        String seccompSandbox,
        DiskConfig disks) {

    /** What executes the guest's code. */
    public enum Accelerator {
        /** KVM where a probe guest really ran under it, else TCG. */
        AUTO,
        KVM,
        TCG
    }
}
