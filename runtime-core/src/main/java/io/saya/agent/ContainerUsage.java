package io.saya.agent;

import java.util.List;
import java.util.Map;

/**
 * What a container uses, as its guest tells it. Counters begin with the container; times are in
 * nanoseconds, sizes in bytes. What the guest does not tell is 0 or empty. Immutable.
 *
 * @param cpu processor time
 * @param memory memory and swap
 * @param pids processes and threads
 * @param io what its block devices did, file by file
 * @param hugePages huge pages by their size, such as {@code 2MB}
 * @param links network interfaces of the pod
 * @param pressure how long it waited for a resource, where the guest's kernel measures that
 */
public record ContainerUsage(
        Cpu cpu,
        Memory memory,
        Pids pids,
        Map<BlockFile, List<DeviceCount>> io,
        Map<String, Amount> hugePages,
        List<Link> links,
        Map<Resource, Pressure> pressure) {

    /** Of a guest that does not measure pressure. */
    public ContainerUsage(
            Cpu cpu,
            Memory memory,
            Pids pids,
            Map<BlockFile, List<DeviceCount>> io,
            Map<String, Amount> hugePages,
            List<Link> links) {
        this(cpu, memory, pids, io, hugePages, links, Map.of());
    }

    /** The usage that a guest tells which tells nothing. */
    public static final ContainerUsage NONE =
            new ContainerUsage(
                    new Cpu(CpuTime.NONE, 0, 0, 0),
                    new Memory(Amount.NONE, Amount.NONE, Amount.NONE, Map.of()),
                    new Pids(0, 0),
                    Map.of(),
                    Map.of(),
                    List.of());

    /** The lines of a file of the block layer. */
    public List<DeviceCount> io(BlockFile file) {
        return io.getOrDefault(file, List.of());
    }

    /** A copy with another processor time. */
    public ContainerUsage withCpuTime(CpuTime time) {
        return new ContainerUsage(
                new Cpu(time, cpu.periods(), cpu.throttledPeriods(), cpu.throttledNanos()),
                memory,
                pids,
                io,
                hugePages,
                links,
                pressure);
    }

    /**
     * Processor time and how a quota held it back.
     *
     * @param time used
     * @param periods of the quota that have passed
     * @param throttledPeriods those in which the quota was used up
     * @param throttledNanos how long processes waited for the next period
     */
    public record Cpu(CpuTime time, long periods, long throttledPeriods, long throttledNanos) {}

    /**
     * Processor time in nanoseconds.
     *
     * @param perCpu of each processor, where the guest counts that (cgroup v1)
     */
    public record CpuTime(long total, long user, long kernel, List<Long> perCpu) {

        /** None was used. */
        public static final CpuTime NONE = new CpuTime(0, 0, 0, List.of());

        public CpuTime {
            perCpu = List.copyOf(perCpu);
        }
    }

    /**
     * Memory.
     *
     * @param usage of memory
     * @param swap of swap; with cgroup v1 in the guest of memory and swap together
     * @param kernel of the kernel, for the container
     * @param lines of {@code memory.stat}, as cgroup v1 or v2 names them
     */
    public record Memory(Amount usage, Amount swap, Amount kernel, Map<String, Long> lines) {}

    /**
     * An amount, its highest value and its limit.
     *
     * @param usage now
     * @param maxUsage the most there ever was
     * @param failures how often the limit was met
     * @param limit 0, or 2^62 and more as a number without sign: none
     */
    public record Amount(long usage, long maxUsage, long failures, long limit) {

        /** Nothing, without a limit. */
        public static final Amount NONE = new Amount(0, 0, 0, 0);
    }

    /** Processes and threads: how many there are, and how many there may be. */
    public record Pids(long current, long limit) {}

    /** Files of the block layer, by cgroup v1's names without {@code blkio.} and {@code io_}. */
    public enum BlockFile {
        SERVICE_BYTES,
        SERVICED,
        QUEUED,
        SERVICE_TIME,
        WAIT_TIME,
        MERGED,
        TIME,
        SECTORS
    }

    /**
     * A line of such a file.
     *
     * @param operation {@code Read}, {@code rbytes}, ...; empty where there is one value for a
     *     device
     */
    public record DeviceCount(long major, long minor, String operation, long value) {}

    /** An interface of the pod, and what went in and out there. */
    public record Link(String name, Traffic received, Traffic sent) {}

    /** What went one way. */
    public record Traffic(long bytes, long packets, long errors, long dropped) {}

    /** What a container may have to wait for. */
    public enum Resource {
        CPU,
        MEMORY,
        IO
    }

    /** How long some of its processes waited for a resource, and all of them at once. */
    public record Pressure(Waiting some, Waiting full) {}

    /**
     * A share of time, in per cent of the last 10, 60 and 300 seconds.
     *
     * @param totalMicros in microseconds, from the beginning
     */
    public record Waiting(double avg10, double avg60, double avg300, long totalMicros) {

        /** Nobody waited. */
        public static final Waiting NONE = new Waiting(0, 0, 0, 0);
    }
}
