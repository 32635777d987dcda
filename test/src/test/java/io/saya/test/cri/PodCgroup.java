package io.saya.test.cri;

import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** The cgroup of a pod, which a kubelet makes before the pod and removes after it. */
public final class PodCgroup implements AutoCloseable {
    private static final Path TOP = Path.of("/sys/fs/cgroup");
    private static final Duration EMPTY = Duration.ofSeconds(30);

    /** Within which what was written to files is on the disk, so that the kernel can drop it. */
    private static final Duration LOWERED = Duration.ofSeconds(60);

    private final String path;
    private final List<Path> directories = new ArrayList<>();

    /**
     * Makes it in all hierarchies.
     *
     * @param name of one level, below the root
     */
    public PodCgroup(String name) {
        path = "/" + name;
        try {
            if (unified()) {
                directories.add(Files.createDirectory(TOP.resolve(name)));
                return;
            }
            try (var hierarchies = Files.newDirectoryStream(TOP, Files::isDirectory)) {
                for (var hierarchy : hierarchies) {
                    directories.add(Files.createDirectory(hierarchy.resolve(name)));
                    for (var file : List.of("cpuset.cpus", "cpuset.mems")) {
                        if (Files.exists(hierarchy.resolve(file))) {
                            Files.writeString(
                                    hierarchy.resolve(name).resolve(file),
                                    Files.readString(hierarchy.resolve(file)));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What CRI calls it. */
    public String path() {
        return path;
    }

    /** Ids of the processes in it, not in those below it. */
    List<Long> processes() {
        return processes(directories.getFirst());
    }

    /** Directories below it that bear a name, one for each hierarchy that has one. */
    List<Path> below(String name) {
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isDirectory)
                .toList();
    }

    /** What all that is in it and below uses of memory, files in the page cache included. */
    long usedMemory() {
        try {
            return Long.parseLong(
                    Files.readString(
                                    TOP.resolve(
                                            unified()
                                                    ? path.substring(1) + "/memory.current"
                                                    : "memory" + path + "/memory.usage_in_bytes"))
                            .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the kernel itself uses for all that is in it and below: page tables, stacks, inodes. */
    long kernelMemory() {
        if (unified()) {
            return stat("kernel ");
        }
        try {
            return Long.parseLong(
                    Files.readString(TOP.resolve("memory" + path + "/memory.kmem.usage_in_bytes"))
                            .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What of the used memory the kernel cannot take back by itself: the machine's memory, what
     * QEMU has besides. Its own is not counted.
     */
    long heldMemory() {
        return unified() ? stat("anon ", "shmem ") : stat("total_rss ", "total_shmem ");
    }

    private static boolean unified() {
        return Files.exists(TOP.resolve("cgroup.controllers"));
    }

    /** The sum of figures of memory.stat. */
    private long stat(String... figures) {
        try {
            return Files.readAllLines(
                            TOP.resolve(unified() ? path.substring(1) : "memory" + path)
                                    .resolve("memory.stat"))
                    .stream()
                    .filter(line -> Stream.of(figures).anyMatch(line::startsWith))
                    .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Limits the memory of all that is in it and below. */
    void limitMemory(long bytes) {
        var _ = limitMemory(() -> bytes);
    }

    /**
     * Limits it to what is right at that moment. Version 1 refuses a limit that the kernel cannot
     * keep at once: what was written to files must be on the disk before it can be dropped. So the
     * limit is asked for and set until it is taken.
     *
     * @return the limit
     */
    long limitMemory(LongSupplier wanted) {
        var file =
                TOP.resolve(
                        unified()
                                ? path.substring(1) + "/memory.max"
                                : "memory" + path + "/memory.limit_in_bytes");
        var bytes = new AtomicLong();
        var refused = new AtomicReference<IOException>();
        BooleanSupplier set =
                () -> {
                    try {
                        bytes.set(wanted.getAsLong());
                        Files.writeString(file, Long.toString(bytes.get()));
                        return true;
                    } catch (IOException e) {
                        refused.set(e);
                        return false;
                    }
                };
        if (!Wait.until(LOWERED, set)) {
            throw new AssertionError(
                    "%s does not take %d: %d used, %d of it held and %d the kernel's"
                            .formatted(
                                    file, bytes.get(), usedMemory(), heldMemory(), kernelMemory()),
                    refused.get());
        }
        return bytes.get();
    }

    /** Limits the number of processes and threads that are in it and below. */
    void limitProcesses(int most) {
        try {
            Files.writeString(
                    TOP.resolve(unified() ? path.substring(1) : "pids" + path).resolve("pids.max"),
                    Integer.toString(most));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives all that is in it and below the least share of the processor, as a kubelet does. */
    void bestEffort() {
        share("1", "2");
    }

    /** Gives it what cgroups have by default. */
    void normal() {
        share("100", "1024");
    }

    private void share(String weight, String shares) {
        try {
            Files.writeString(
                    TOP.resolve(
                            unified()
                                    ? path.substring(1) + "/cpu.weight"
                                    : "cpu" + path + "/cpu.shares"),
                    unified() ? weight : shares);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ids of the processes in a cgroup. */
    static List<Long> processes(Path cgroup) {
        try {
            return Files.readAllLines(cgroup.resolve("cgroup.procs")).stream()
                    .map(Long::valueOf)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes it, which fails if a process or a cgroup is left in it. */
    @Override
    public void close() {
        for (var directory : directories) {
            if (!Wait.until(EMPTY, () -> directory.toFile().delete() || !Files.exists(directory))) {
                throw new AssertionError(directory + " is not empty after " + EMPTY);
            }
        }
    }
}
