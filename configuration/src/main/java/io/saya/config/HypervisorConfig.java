package io.saya.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Section {@code [hypervisor.qemu]}. The flat list of keys of the file is grouped here by what uses
 * it.
 *
 * @param path the VMM's binary ({@code path})
 * @param validPaths globs that a path given by annotation must match ({@code
 *     valid_hypervisor_paths})
 * @param enableAnnotations regular expressions over whole annotation names ({@code
 *     enable_annotations})
 * @param guest kernel, image or initrd, kernel parameters
 * @param machine the machine that QEMU emulates
 * @param cpu virtual CPUs
 * @param memory guest memory
 * @param sharedFs how the container's files reach the guest
 * @param block disks
 * @param network network devices
 * @param vfio passed-through devices
 * @param debug what makes faults findable
 */
public record HypervisorConfig(
        Path path,
        List<String> validPaths,
        List<String> enableAnnotations,
        GuestConfig guest,
        MachineConfig machine,
        CpuConfig cpu,
        MemoryConfig memory,
        SharedFsConfig sharedFs,
        BlockConfig block,
        NetworkDeviceConfig network,
        VfioConfig vfio,
        HypervisorDebugConfig debug) {

    public HypervisorConfig {
        validPaths = List.copyOf(validPaths);
        enableAnnotations = List.copyOf(enableAnnotations);
    }
}
