package io.saya.agent;

import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.BlockFile;
import io.saya.agent.ContainerUsage.Cpu;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.agent.ContainerUsage.DeviceCount;
import io.saya.agent.ContainerUsage.Link;
import io.saya.agent.ContainerUsage.Memory;
import io.saya.agent.ContainerUsage.Pids;
import io.saya.agent.ContainerUsage.Pressure;
import io.saya.agent.ContainerUsage.Resource;
import io.saya.agent.ContainerUsage.Traffic;
import io.saya.agent.ContainerUsage.Waiting;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.BlkioStats;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CgroupStats;
import io.saya.proto.agent.CpuStats;
import io.saya.proto.agent.CpuUsage;
import io.saya.proto.agent.HugetlbStats;
import io.saya.proto.agent.MemoryData;
import io.saya.proto.agent.MemoryStats;
import io.saya.proto.agent.NetworkStats;
import io.saya.proto.agent.PressureLine;
import io.saya.proto.agent.StatsContainerResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Translates what a guest tells of a container, and cuts it to what an honest one has to tell. The
 * daemon keeps the last figures of each container, and containerd makes labels of the names in
 * them, on which a node's metrics must not grow. More entries than the limits, and those with other
 * than short plain names, are left out.
 */
final class GuestFigures {

    /** Of the whole answer, in bytes; some 5 KiB are normal. */
    static final int SIZE_LIMIT = 256 << 10;

    /** Network interfaces, page sizes, lines of one file of the block layer. */
    static final int ENTRIES = 64;

    static final int PROCESSORS = 1024;

    /** The kernel's {@code memory.stat} has some 70. */
    static final int MEMORY_LINES = 256;

    private static final int NAME_LENGTH = 32;

    /** Version 2's words for how often, by those for what was done. */
    private static final Map<String, String> OPERATIONS =
            Map.of("rios", "read", "wios", "write", "dios", "discard");

    private GuestFigures() {}

    /**
     * The figures within the limits.
     *
     * @throws RuntimeFailure INTERNAL if the answer as a whole is too long
     */
    static ContainerUsage of(StatsContainerResponse told) {
        if (told.getSerializedSize() > SIZE_LIMIT) {
            throw RuntimeFailure.internal(
                    "agent, StatsContainer: "
                            + told.getSerializedSize()
                            + " bytes of figures (expected: at most "
                            + SIZE_LIMIT
                            + ")",
                    null);
        }
        CgroupStats cgroup = told.getCgroupStats();
        return new ContainerUsage(
                cpu(cgroup.getCpuStats()),
                memory(cgroup.getMemoryStats()),
                new Pids(cgroup.getPidsStats().getCurrent(), cgroup.getPidsStats().getLimit()),
                io(cgroup.getBlkioStats()),
                hugePages(cgroup.getHugetlbStatsList()),
                links(told.getNetworkStatsList()),
                pressure(cgroup.getPressureList()));
    }

    private static Map<Resource, Pressure> pressure(List<io.saya.proto.agent.Pressure> told) {
        Map<Resource, Pressure> pressure = new EnumMap<>(Resource.class);
        for (io.saya.proto.agent.Pressure each : told) {
            for (Resource resource : Resource.values()) {
                if (each.getResource().equals(resource.name().toLowerCase(Locale.ROOT))) {
                    pressure.put(
                            resource,
                            new Pressure(waiting(each.getSome()), waiting(each.getFull())));
                }
            }
        }
        return pressure;
    }

    private static Waiting waiting(PressureLine told) {
        return new Waiting(
                percent(told.getAvg10()),
                percent(told.getAvg60()),
                percent(told.getAvg300()),
                told.getTotal());
    }

    /** What is no share of time is none. */
    private static double percent(double told) {
        return told >= 0 && told <= 100 ? told : 0;
    }

    private static Cpu cpu(CpuStats told) {
        CpuUsage usage = told.getCpuUsage();
        List<Long> processors = usage.getPercpuUsageList();
        return new Cpu(
                new CpuTime(
                        usage.getTotalUsage(),
                        usage.getUsageInUsermode(),
                        usage.getUsageInKernelmode(),
                        processors.subList(0, Math.min(PROCESSORS, processors.size()))),
                told.getThrottlingData().getPeriods(),
                told.getThrottlingData().getThrottledPeriods(),
                told.getThrottlingData().getThrottledTime());
    }

    private static Memory memory(MemoryStats told) {
        Map<String, Long> lines = new LinkedHashMap<>();
        for (MemoryStats.StatsEntry line : told.getStatsList()) {
            if (lines.size() < MEMORY_LINES && plain(line.getKey())) {
                lines.put(line.getKey(), line.getValue());
            }
        }
        return new Memory(
                amount(told.getUsage()),
                amount(told.getSwapUsage()),
                amount(told.getKernelUsage()),
                lines);
    }

    private static Amount amount(MemoryData told) {
        return new Amount(told.getUsage(), told.getMaxUsage(), told.getFailcnt(), told.getLimit());
    }

    private static Map<String, Amount> hugePages(List<CgroupStats.HugetlbStatsEntry> told) {
        Map<String, Amount> pages = new LinkedHashMap<>();
        for (CgroupStats.HugetlbStatsEntry size : told) {
            if (pages.size() < ENTRIES && plain(size.getKey())) {
                HugetlbStats stats = size.getValue();
                pages.put(
                        size.getKey(),
                        new Amount(stats.getUsage(), stats.getMaxUsage(), stats.getFailcnt(), 0));
            }
        }
        return pages;
    }

    private static List<Link> links(List<NetworkStats> told) {
        List<Link> links = new ArrayList<>();
        for (NetworkStats link : told) {
            if (links.size() < ENTRIES && plain(link.getName())) {
                links.add(
                        new Link(
                                link.getName(),
                                new Traffic(
                                        link.getRxBytes(),
                                        link.getRxPackets(),
                                        link.getRxErrors(),
                                        link.getRxDropped()),
                                new Traffic(
                                        link.getTxBytes(),
                                        link.getTxPackets(),
                                        link.getTxErrors(),
                                        link.getTxDropped())));
            }
        }
        return links;
    }

    private static Map<BlockFile, List<DeviceCount>> io(BlkioStats told) {
        Map<BlockFile, List<DeviceCount>> io = new EnumMap<>(BlockFile.class);
        for (BlockFile file : BlockFile.values()) {
            io.put(file, bounded(lines(told, file)));
        }
        return io;
    }

    private static List<BlkioStatsEntry> lines(BlkioStats told, BlockFile file) {
        return switch (file) {
            case SERVICE_BYTES -> serviceBytes(told);
            case SERVICED -> serviced(told);
            case QUEUED -> told.getIoQueuedRecursiveList();
            case SERVICE_TIME -> told.getIoServiceTimeRecursiveList();
            case WAIT_TIME -> told.getIoWaitTimeRecursiveList();
            case MERGED -> told.getIoMergedRecursiveList();
            case TIME -> told.getIoTimeRecursiveList();
            case SECTORS -> told.getSectorsRecursiveList();
        };
    }

    private static List<BlkioStatsEntry> serviceBytes(BlkioStats told) {
        List<BlkioStatsEntry> bytes = new ArrayList<>();
        for (BlkioStatsEntry entry : told.getIoServiceBytesRecursiveList()) {
            if (OPERATIONS.get(entry.getOp()) == null) {
                bytes.add(entry);
            }
        }
        return bytes;
    }

    /**
     * Agents tell the operations of a guest with version 2 among the bytes, by version 2's words.
     */
    private static List<BlkioStatsEntry> serviced(BlkioStats told) {
        List<BlkioStatsEntry> serviced = new ArrayList<>(told.getIoServicedRecursiveList());
        for (BlkioStatsEntry entry : told.getIoServiceBytesRecursiveList()) {
            String operation = OPERATIONS.get(entry.getOp());
            if (operation != null) {
                serviced.add(entry.toBuilder().setOp(operation).build());
            }
        }
        return serviced;
    }

    private static List<DeviceCount> bounded(List<BlkioStatsEntry> told) {
        List<DeviceCount> entries = new ArrayList<>();
        for (BlkioStatsEntry entry : told) {
            // What has one value for a device names no operation.
            if (entries.size() < ENTRIES && (entry.getOp().isEmpty() || plain(entry.getOp()))) {
                entries.add(
                        new DeviceCount(
                                entry.getMajor(),
                                entry.getMinor(),
                                entry.getOp(),
                                entry.getValue()));
            }
        }
        return entries;
    }

    private static boolean plain(String name) {
        if (name.isEmpty() || name.length() > NAME_LENGTH) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letterOrDigit =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && "-._:@+".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
