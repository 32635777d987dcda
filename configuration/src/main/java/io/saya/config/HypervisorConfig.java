package io.saya.config;

/**
 * Section {@code [hypervisor.qemu]}. The flat list of keys of the file is grouped here by what uses
 * it.
 *
 * @param vmm the VMM's process
 * @param guest kernel, image or initrd, kernel parameters
 * @param machine the machine that QEMU emulates
 * @param cpu virtual CPUs
 * @param memory guest memory
 * @param sharedFs how the container's files reach the guest
 * @param network network devices
 */
public record HypervisorConfig(
        VmmConfig vmm,
        GuestConfig guest,
        MachineConfig machine,
        CpuConfig cpu,
        MemoryConfig memory,
        SharedFsConfig sharedFs,
        NetworkDeviceConfig network) {}
