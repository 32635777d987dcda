package io.saya.shim.metrics;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A process of the host as proc(5) shows it at one moment.
 *
 * @param stat {@code utime}, {@code stime}, {@code cutime}, {@code cstime} in ticks of 1/100 s
 * @param status sizes in bytes and counts of context switches, by their names in lower case
 * @param io by the names that Kata has for the lines of {@code /proc/PID/io}
 */
record ProcessReading(
        Map<String, Long> stat,
        Map<String, Long> status,
        Map<String, Long> io,
        long threads,
        long fds) {

    /** USER_HZ, which is 100 on every machine that Linux runs on today but Alpha. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private static final int UTIME = 11;
    private static final String[] STAT_ITEMS = {"utime", "stime", "cutime", "cstime"};

    /** Reads it; empty if there is no such process any more. */
    static Optional<ProcessReading> of(long pid) {
        if (pid <= 0) {
            return Optional.empty();
        }
        Path proc = Path.of("/proc/" + pid);
        Map<String, Long> stat = stat(ProcFile.text(proc.resolve("stat")));
        if (stat.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Long> status = new LinkedHashMap<>();
        long threads = status(ProcFile.text(proc.resolve("status")), status);
        Map<String, Long> io = new LinkedHashMap<>();
        for (String line : ProcFile.text(proc.resolve("io")).split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                // Kata writes read_bytes as readbytes.
                io.put(line.substring(0, colon).replace("_", ""), ProcFile.number(line));
            }
        }
        return Optional.of(
                new ProcessReading(stat, status, io, threads, ProcFile.count(proc.resolve("fd"))));
    }

    /** Processor time in a line of {@code stat}; 0 if there is none. */
    static long cpuNanos(String line) {
        Map<String, Long> items = stat(line);
        return (items.getOrDefault("utime", 0L) + items.getOrDefault("stime", 0L)) * NANOS_PER_TICK;
    }

    private static Map<String, Long> stat(String line) {
        Map<String, Long> items = new LinkedHashMap<>();
        // The name of the program stands in parentheses and may hold anything.
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
        if (fields.length > UTIME + STAT_ITEMS.length) {
            for (int i = 0; i < STAT_ITEMS.length; i++) {
                items.put(STAT_ITEMS[i], ProcFile.number(fields[UTIME + i]));
            }
        }
        return items;
    }

    /** Fills in sizes and switches; returns the number of threads. */
    private static long status(String text, Map<String, Long> items) {
        long threads = 0;
        for (String line : text.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String name = line.substring(0, colon);
            if (line.endsWith(" kB")) {
                items.put(name.toLowerCase(Locale.ROOT), ProcFile.number(value(line, colon)) << 10);
            } else if (name.endsWith("_ctxt_switches")) {
                items.put(name, ProcFile.number(value(line, colon)));
            } else if (name.equals("Threads")) {
                threads = ProcFile.number(value(line, colon));
            }
        }
        return threads;
    }

    private static String value(String line, int colon) {
        return line.substring(colon + 1);
    }

    long userNanos() {
        return stat.getOrDefault("utime", 0L) * NANOS_PER_TICK;
    }

    long systemNanos() {
        return stat.getOrDefault("stime", 0L) * NANOS_PER_TICK;
    }

    long cpuNanos() {
        return userNanos() + systemNanos();
    }

    /** A size of {@code status} in bytes; 0 if there is none. */
    long bytes(String item) {
        return status.getOrDefault(item, 0L);
    }
}
