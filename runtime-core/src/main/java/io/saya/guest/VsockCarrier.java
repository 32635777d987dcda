package io.saya.guest;

import io.saya.host.HostProcess;
import io.saya.lifecycle.Patience;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a vsock daemon can do, told by the kernel: the daemon itself says nothing.
 * vhost-device-vsock (0.3.0) serves all connections in one thread, and ends it at whatever it does
 * not expect, while its process lives on and nobody is answered any more. A connection between the
 * moment at which it has the guest's memory and that at which it has the guest's queues is such a
 * thing, and on a busy host that is a long time. So nobody connects before it has the queues.
 */
final class VsockCarrier {

    private static final Duration GLANCE = Duration.ofMillis(10);

    /** The thread that serves, as the library names it that the daemon is made with. */
    private static final String WORKER = "vring_worker";

    /** What a line of an epoll's {@code fdinfo} has before the number of what is waited for. */
    private static final String NUMBER = " data:";

    /** What that thread waits for from the beginning: connections from the host, other guests. */
    private static final List<Long> BEFORE = List.of(4L, 5L);

    /** And once the guest's driver is up: what the guest receives, and what it sends. */
    private static final List<Long> QUEUES = List.of(0L, 1L);

    private final HostProcess process;
    private final Path proc;

    /** That it had the thread once: another daemon may do without. */
    private volatile boolean working;

    VsockCarrier(HostProcess process) {
        this(process, Path.of("/proc/" + process.pid()));
    }

    /**
     * @param proc what the kernel tells of the process
     */
    VsockCarrier(HostProcess process, Path proc) {
        this.process = process;
        this.proc = proc;
    }

    /**
     * Waits until it can be connected to. Returns at once where it does not look like
     * vhost-device-vsock, and when the process has ended.
     *
     * @return false if {@code patience} has ended first
     */
    boolean awaitQueues(Patience patience) {
        Optional<Path> waits = serving();
        while (waits.isPresent() && !numbers(waits.get()).containsAll(QUEUES)) {
            if (patience.exhausted()) {
                return false;
            }
            if (Waited.on(process.exited(), GLANCE).isOver()) {
                return true;
            }
        }
        return true;
    }

    /** Where its thread waits; empty if it has none like that. */
    private Optional<Path> serving() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(proc.resolve("fdinfo"))) {
            for (Path file : files) {
                if (numbers(file).containsAll(BEFORE)) {
                    return Optional.of(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It has ended, or its kernel tells nothing.
        }
        return Optional.empty();
    }

    private static Set<Long> numbers(Path file) {
        Set<Long> numbers = new HashSet<>();
        try {
            for (String line : Files.readAllLines(file)) {
                int at = line.startsWith("tfd:") ? line.indexOf(NUMBER) : -1;
                if (at >= 0) {
                    String number = line.substring(at + NUMBER.length()).strip().split(" ", 2)[0];
                    numbers.add(Long.parseUnsignedLong(number, 16));
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Closed meanwhile, or no such line.
        }
        return numbers;
    }

    /** True if it serves no longer: its process has ended, or the thread that serves. */
    boolean hasEnded() {
        boolean works = works();
        boolean worked = working;
        working |= works;
        return process.exited().isDone() || (worked && !works);
    }

    private boolean works() {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(proc.resolve("task"))) {
            for (Path task : tasks) {
                if (name(task).equals(WORKER)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It has ended.
        }
        return false;
    }

    private static String name(Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Says how it ended. */
    String ending() {
        return "the daemon that carries the agent's vsock (vhost_user_vsock_daemon) "
                + (process.exited().isDone()
                        ? "ended with " + process.exited().join().describe()
                        : "runs, but serves nobody any more: its thread " + WORKER + " has ended")
                + BootDiagnosis.printed("; it said: ", BootFailure.end(process.outputTail()));
    }
}
