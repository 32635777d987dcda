package io.saya.config;

/**
 * The emulated machine.
 *
 * @param machineType QEMU's machine type ({@code machine_type}): {@code q35} or one of its versions
 * @param accelerator what executes the guest's code ({@code accelerator}; ours)
 * @param cpuFeatures words appended to the CPU model ({@code cpu_features}); may be empty
 * @param seccompSandbox QEMU's {@code -sandbox} value (its key has no underscore); empty: none
 * @param disks those that are passed to the guest while it runs
 */
public record MachineConfig(
        String machineType,
        Accelerator accelerator,
        String cpuFeatures,
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
