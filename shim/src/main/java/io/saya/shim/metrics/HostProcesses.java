package io.saya.shim.metrics;

import io.saya.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * The sandbox's processes on the host, read one right after the other.
 *
 * @param readings of those that are there
 * @param memory of shim and guard, more precisely
 */
record HostProcesses(Map<Role, ProcessReading> readings, Map<Role, SmapsRollup> memory) {

    /** What a process is for the sandbox. */
    enum Role {
        SHIM("shim"),
        GUARD("guard"),
        QEMU("qemu"),
        VIRTIOFSD("virtiofsd");

        private final String word;

        Role(String word) {
            this.word = word;
        }

        /** The value of the label {@code process}. */
        String word() {
            return word;
        }
    }

    static HostProcesses read(Sandbox sandbox) {
        Map<Role, ProcessReading> readings = new EnumMap<>(Role.class);
        Map<Role, SmapsRollup> memory = new EnumMap<>(Role.class);
        for (Role role : Role.values()) {
            long pid = pid(role, sandbox);
            ProcessReading.of(pid).ifPresent(reading -> readings.put(role, reading));
            switch (role) {
                case SHIM, GUARD -> SmapsRollup.of(pid).ifPresent(sizes -> memory.put(role, sizes));
                // The kernel would walk the page tables of the whole guest: 10 ms for each GiB.
                case QEMU, VIRTIOFSD -> {}
            }
        }
        return new HostProcesses(readings, memory);
    }

    private static long pid(Role role, Sandbox sandbox) {
        return switch (role) {
            case SHIM -> ProcessHandle.current().pid();
            case GUARD -> ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
            case QEMU -> sandbox.vmmPid();
            case VIRTIOFSD -> serving(sandbox.guest().sharePid());
        };
    }

    /** virtiofsd sandboxes itself in a child, which does the work. */
    private static long serving(long pid) {
        String children = ProcFile.text(Path.of("/proc/" + pid + "/task/" + pid + "/children"));
        return children.isBlank() ? pid : ProcFile.number(children);
    }
}
