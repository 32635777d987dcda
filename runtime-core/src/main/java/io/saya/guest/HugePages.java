package io.saya.guest;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.resources.MachineSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The host's huge pages of its default size, as {@code /proc/meminfo} tells of them (proc(5)).
 *
 * @param pageKib size of one; 0 where the host has none of any size
 * @param free those that nobody has or has been promised
 */
record HugePages(long pageKib, long free) {
    private static final long KIB = 1024;

    /** Reads the huge pages that this host has now. */
    static HugePages ofHost() throws HypervisorFailure {
        try {
            return of(Files.readString(Path.of("/proc/meminfo")));
        } catch (IOException e) {
            throw new HypervisorFailure("look for huge pages: " + e.getMessage(), e);
        }
    }

    static HugePages of(String meminfo) {
        return new HugePages(
                number(meminfo, "Hugepagesize:"),
                number(meminfo, "HugePages_Free:") - number(meminfo, "HugePages_Rsvd:"));
    }

    /**
     * A machine's size in whole pages.
     *
     * @throws HypervisorFailure where there are too few, with how many are to be set aside
     */
    MachineSize hold(MachineSize size) throws HypervisorFailure {
        if (pageKib == 0) {
            throw new HypervisorFailure(
                    "the host has no huge pages, which enable_hugepages in [hypervisor.qemu] asks"
                            + " for",
                    null);
        }
        long pages = Math.ceilDiv(size.memoryMib() * KIB, pageKib);
        if (pages > free) {
            throw new HypervisorFailure(
                    "the VM's memory of "
                            + size.memoryMib()
                            + " MiB is "
                            + pages
                            + " huge pages of "
                            + pageKib
                            + " KiB, the host has "
                            + Math.max(0, free)
                            + " free: raise vm.nr_hugepages by "
                            + (pages - Math.max(0, free))
                            + ", or write enable_hugepages = false in [hypervisor.qemu]",
                    null);
        }
        return new MachineSize(size.vcpus(), Math.toIntExact(Math.ceilDiv(pages * pageKib, KIB)));
    }

    private static long number(String meminfo, String name) {
        for (String line : meminfo.split("\n", -1)) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
            }
        }
        return 0;
    }
}
