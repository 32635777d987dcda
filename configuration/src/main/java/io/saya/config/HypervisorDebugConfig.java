package io.saya.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What makes faults of the VM findable.
 *
 * @param enabled verbose guest kernel and VMM, console into the log ({@code enable_debug} of {@code
 *     [hypervisor.qemu]})
 * @param extraMonitor a further monitor socket of QEMU ({@code extra_monitor_socket}): {@code hmp},
 *     {@code qmp}, {@code qmp-pretty} or empty
 * @param memoryDumpPath directory for the guest's memory when its kernel panics ({@code
 *     guest_memory_dump_path})
 * @param memoryDumpPaging dump virtual instead of physical memory ({@code
 *     guest_memory_dump_paging})
 */
public record HypervisorDebugConfig(
        boolean enabled,
        String extraMonitor,
        Optional<Path> memoryDumpPath,
        boolean memoryDumpPaging) {}
