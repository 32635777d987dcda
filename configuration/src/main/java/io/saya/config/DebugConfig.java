package io.saya.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What helps to find out why a guest does what it does.
 *
 * @param verbose the guest's kernel tells what it does, and its console is in the log ({@code
 *     enable_debug})
 * @param monitor a further monitor of the VMM's; empty: none
 * @param dump where the memory of a guest goes whose kernel panics; empty: nowhere
 */
public record DebugConfig(boolean verbose, Optional<Monitor> monitor, Optional<MemoryDump> dump) {

    /** How a monitor speaks ({@code extra_monitor_socket}). */
    public enum Monitor {
        /** Lines for people. */
        HMP,
        QMP,
        /** QMP with line breaks. */
        QMP_PRETTY
    }

    /**
     * A dump of a guest's memory.
     *
     * @param directory in which each sandbox has one of its own ({@code guest_memory_dump_path})
     * @param paging by the guest's page tables ({@code guest_memory_dump_paging})
     */
    public record MemoryDump(Path directory, boolean paging) {}
}
