package io.saya.config;

import java.nio.file.Path;

/**
 * Section {@code [hypervisor.qemu]}. The flat list of keys of the file is grouped here by what uses
 * it.
 *
 * @param path the VMM's binary ({@code path})
 * @param guest kernel, image or initrd, kernel parameters
 * @param machine the machine that QEMU emulates
 * @param cpu virtual CPUs
 * @param memory guest memory
 * @param sharedFs how the container's files reach the guest
 * @param network network devices
 * @param debug what helps to find out why a guest does what it does
 */
public record HypervisorConfig(
        Path path,
        GuestConfig guest,
        MachineConfig machine,
        CpuConfig cpu,
        MemoryConfig memory,
        SharedFsConfig sharedFs,
        NetworkDeviceConfig network,
        DebugConfig debug) {}
