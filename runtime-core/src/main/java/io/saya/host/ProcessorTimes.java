package io.saya.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the host's scheduler has done for a process so far, all its threads together ({@code
 * /proc/PID/task/TID}). A thread that has ended is not in it any more, so a later reading may be
 * less than an earlier one.
 *
 * @param ran time on a processor
 * @param waited time in which a thread could have run and had no processor, also because its cgroup
 *     had used up its quota. The kernel adds a wait when it has ended
 * @param engaged whether at this moment a thread runs or waits for a processor, so that what it
 *     waits is not in {@code waited} yet; or whether the kernel holds up one that the guest cannot
 *     do without (uninterruptible sleep: it waits for memory, or for a disk), which is in no figure
 */
public record ProcessorTimes(Duration ran, Duration waited, boolean engaged) {

    /** How QEMU's threads that run a virtual processor are called: {@code CPU 0/KVM}. */
    private static final String VCPU = "CPU ";

    /** Reads some files of {@code /proc}; empty where the process or the kernel has no figures. */
    public static Optional<ProcessorTimes> of(long pid) {
        return of(pid, _ -> true);
    }

    /**
     * The same of a VMM's threads that run virtual processors alone: what its other threads wait
     * for, the guest does not. Empty also where no thread is called so.
     */
    public static Optional<ProcessorTimes> ofVcpus(long pid) {
        return of(pid, thread -> text(thread.resolve("comm")).startsWith(VCPU));
    }

    private static Optional<ProcessorTimes> of(long pid, Predicate<Path> counted) {
        long ran = 0;
        long waited = 0;
        boolean engaged = false;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                if (!counted.test(thread)) {
                    continue;
                }
                engaged |= engaged(text(thread.resolve("stat")), pid);
                String[] fields = text(thread.resolve("schedstat")).split(" ", 3);
                if (fields.length == 3) {
                    ran += Long.parseLong(fields[0]);
                    waited += Long.parseLong(fields[1]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
        return ran == 0
                ? Optional.empty()
                : Optional.of(
                        new ProcessorTimes(
                                Duration.ofNanos(ran), Duration.ofNanos(waited), engaged));
    }

    /**
     * By the state in proc(5)'s stat, behind the name, which may hold anything. QEMU's other
     * threads wait for disks all the time, and the guest does not for them; for its virtual
     * processors and its main loop it does.
     */
    static boolean engaged(String stat, long pid) {
        int end = stat.lastIndexOf(')');
        return stat.startsWith(") R", end)
                || (stat.startsWith(") D", end)
                        && (stat.startsWith(pid + " (") || stat.contains(" (" + VCPU)));
    }

    /** Of a thread that has just ended there is none. */
    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
