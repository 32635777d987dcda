package io.saya.test.cri;

import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The cgroup of a pod, which a kubelet makes before the pod and removes after it. */
final class PodCgroup implements AutoCloseable {
    private static final Path TOP = Path.of("/sys/fs/cgroup");
    private static final Duration EMPTY = Duration.ofSeconds(10);

    private final String path;
    private final List<Path> directories = new ArrayList<>();

    /**
     * Makes it in all hierarchies.
     *
     * @param name of one level, below the root
     */
    PodCgroup(String name) {
        path = "/" + name;
        try {
            if (Files.exists(TOP.resolve("cgroup.controllers"))) {
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
    String path() {
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
        var unified = Files.exists(TOP.resolve("cgroup.controllers"));
        try {
            return Long.parseLong(
                    Files.readString(
                                    TOP.resolve(
                                            unified
                                                    ? path.substring(1) + "/memory.current"
                                                    : "memory" + path + "/memory.usage_in_bytes"))
                            .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Limits the memory of all that is in it and below. */
    void limitMemory(long bytes) {
        var unified = Files.exists(TOP.resolve("cgroup.controllers"));
        try {
            Files.writeString(
                    TOP.resolve(
                            unified
                                    ? path.substring(1) + "/memory.max"
                                    : "memory" + path + "/memory.limit_in_bytes"),
                    Long.toString(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Limits the number of processes and threads that are in it and below. */
    void limitProcesses(int most) {
        var unified = Files.exists(TOP.resolve("cgroup.controllers"));
        try {
            Files.writeString(
                    TOP.resolve(unified ? path.substring(1) : "pids" + path).resolve("pids.max"),
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
        var unified = Files.exists(TOP.resolve("cgroup.controllers"));
        try {
            Files.writeString(
                    TOP.resolve(
                            unified
                                    ? path.substring(1) + "/cpu.weight"
                                    : "cpu" + path + "/cpu.shares"),
                    unified ? weight : shares);
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
