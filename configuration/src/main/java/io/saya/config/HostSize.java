package io.saya.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The size of the host: what "0" means for the ceilings of a VM.
 *
 * <p>Read from {@code /proc} and {@code /sys} rather than asked of the JVM, which sees only what
 * the cgroup of the shim leaves it.
 *
 * @param cpus CPUs online, at least 1
 * @param memoryMib RAM in MiB
 */
public record HostSize(int cpus, int memoryMib) {

    private static final Path CPUS_ONLINE = Path.of("/sys/devices/system/cpu/online");
    private static final Path MEMINFO = Path.of("/proc/meminfo");

    /** Stands for the memory of a host that does not tell: what a VM has by default. */
    static final int UNKNOWN_MEMORY_MIB = 2048;

    /** More is not read of either file; what is needed stands at the beginning. */
    private static final int HEAD_BYTES = 256;

    /** Blocks for two short reads of kernel files. */
    public static HostSize read() {
        return new HostSize(countCpus(head(CPUS_ONLINE)), memoryMib(head(MEMINFO)));
    }

    private static String head(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(HEAD_BYTES), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return ""; // A host without it: the fallbacks below.
        }
    }

    /** Counts a kernel CPU list such as {@code 0-3,8-11}. */
    static int countCpus(String list) {
        int count = 0;
        try {
            for (String range : list.strip().split(",", -1)) {
                int dash = range.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
                count += last - first + 1;
            }
        } catch (NumberFormatException e) {
            count = 0;
        }
        return count > 0 ? count : Runtime.getRuntime().availableProcessors();
    }

    /** {@code MemTotal} of a meminfo text in MiB; 2048 where there is none. */
    static int memoryMib(String meminfo) {
        int start = meminfo.indexOf("MemTotal:");
        int end = meminfo.indexOf(" kB", start);
        if (start < 0 || end < 0) {
            return UNKNOWN_MEMORY_MIB;
        }
        try {
            String kib = meminfo.substring(start + "MemTotal:".length(), end).strip();
            return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(kib) / 1024);
        } catch (NumberFormatException e) {
            return UNKNOWN_MEMORY_MIB;
        }
    }
}
