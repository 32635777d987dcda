package io.saya.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How long processes have waited for memory: {@code memory.pressure} of the kernel (its
 * documentation, accounting/psi). Also what it holds them up for by {@code memory.high} of theirs
 * or of a cgroup above: they sleep there, which no figure of the scheduler's tells.
 */
public final class MemoryStall {
    private static final String SOME = "some ";
    private static final String TOTAL = " total=";

    private MemoryStall() {}

    /**
     * The time so far in which some thread of a process's cgroup waited for memory; that of threads
     * that wait at once counts once. Reads two small files. Zero where the kernel does not tell:
     * version 1 of cgroups, no {@code psi}, a process in no cgroup but the host's own.
     */
    public static Duration of(long pid) {
        try {
            String membership = Files.readString(Path.of("/proc/" + pid + "/cgroup"));
            String cgroup = cgroup(membership);
            return cgroup.isEmpty()
                    ? Duration.ZERO
                    : total(
                            Files.readString(
                                    Path.of("/sys/fs/cgroup" + cgroup, "memory.pressure")));
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    /**
     * The cgroup of version 2, with a slash before it.
     *
     * @param membership of {@code /proc/PID/cgroup} (cgroups(7))
     * @return empty if the process is in the root's: what is told there is the host's
     */
    static String cgroup(String membership) {
        return membership
                .lines()
                .filter(line -> line.startsWith("0::/") && line.length() > "0::/".length())
                .findFirst()
                .map(line -> line.substring("0::".length()))
                .orElse("");
    }

    /** Of the first line: {@code some avg10=0.00 avg60=0.00 avg300=0.00 total=} and µs. */
    static Duration total(String pressure) {
        int end = pressure.indexOf('\n');
        String some = end < 0 ? pressure : pressure.substring(0, end);
        int total = some.startsWith(SOME) ? some.indexOf(TOTAL) : -1;
        if (total < 0) {
            return Duration.ZERO;
        }
        try {
            long micros = Long.parseLong(some.substring(total + TOTAL.length()).strip());
            return Duration.ofNanos(Math.multiplyExact(micros, 1000L));
        } catch (NumberFormatException | ArithmeticException e) {
            return Duration.ZERO;
        }
    }
}
