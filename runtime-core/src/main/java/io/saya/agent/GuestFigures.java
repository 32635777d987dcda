package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.BlkioStats;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CgroupStats;
import io.saya.proto.agent.HugetlbStats;
import io.saya.proto.agent.NetworkStats;
import io.saya.proto.agent.StatsContainerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a guest tells of a container, cut to what an honest one has to tell. The last figures are
 * kept for each container, and containerd makes labels of the names in them, on which a node's
 * metrics must not grow. More entries than the limits, and those with other than short plain names,
 * are left out.
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

    private GuestFigures() {}

    /**
     * The figures within the limits.
     *
     * @throws RuntimeFailure INTERNAL if the answer as a whole is too long
     */
    static StatsContainerResponse bounded(StatsContainerResponse told) {
        if (told.getSerializedSize() > SIZE_LIMIT) {
            throw RuntimeFailure.internal(
                    "agent, StatsContainer: "
                            + told.getSerializedSize()
                            + " bytes of figures (expected: at most "
                            + SIZE_LIMIT
                            + ")",
                    null);
        }
        StatsContainerResponse.Builder figures = told.toBuilder();
        CgroupStats.Builder cgroup = figures.getCgroupStatsBuilder();
        List<Long> processors = cgroup.getCpuStats().getCpuUsage().getPercpuUsageList();
        if (processors.size() > PROCESSORS) {
            cgroup.getCpuStatsBuilder()
                    .getCpuUsageBuilder()
                    .clearPercpuUsage()
                    .addAllPercpuUsage(processors.subList(0, PROCESSORS));
        }
        Map<String, Long> memory = cgroup.getMemoryStats().getStatsMap();
        cgroup.getMemoryStatsBuilder().clearStats();
        for (Map.Entry<String, Long> line : memory.entrySet()) {
            if (cgroup.getMemoryStats().getStatsCount() < MEMORY_LINES && plain(line.getKey())) {
                cgroup.getMemoryStatsBuilder().putStats(line.getKey(), line.getValue());
            }
        }
        Map<String, HugetlbStats> pages = cgroup.getHugetlbStatsMap();
        cgroup.clearHugetlbStats();
        for (Map.Entry<String, HugetlbStats> size : pages.entrySet()) {
            if (cgroup.getHugetlbStatsCount() < ENTRIES && plain(size.getKey())) {
                cgroup.putHugetlbStats(size.getKey(), size.getValue());
            }
        }
        bound(cgroup.getBlkioStatsBuilder());
        figures.clearNetworkStats();
        for (NetworkStats link : told.getNetworkStatsList()) {
            if (figures.getNetworkStatsCount() < ENTRIES && plain(link.getName())) {
                figures.addNetworkStats(link);
            }
        }
        return figures.build();
    }

    private static void bound(BlkioStats.Builder io) {
        List<BlkioStatsEntry> bytes = bounded(io.getIoServiceBytesRecursiveList());
        List<BlkioStatsEntry> serviced = bounded(io.getIoServicedRecursiveList());
        List<BlkioStatsEntry> queued = bounded(io.getIoQueuedRecursiveList());
        List<BlkioStatsEntry> serviceTime = bounded(io.getIoServiceTimeRecursiveList());
        List<BlkioStatsEntry> waitTime = bounded(io.getIoWaitTimeRecursiveList());
        List<BlkioStatsEntry> merged = bounded(io.getIoMergedRecursiveList());
        List<BlkioStatsEntry> time = bounded(io.getIoTimeRecursiveList());
        List<BlkioStatsEntry> sectors = bounded(io.getSectorsRecursiveList());
        io.clear()
                .addAllIoServiceBytesRecursive(bytes)
                .addAllIoServicedRecursive(serviced)
                .addAllIoQueuedRecursive(queued)
                .addAllIoServiceTimeRecursive(serviceTime)
                .addAllIoWaitTimeRecursive(waitTime)
                .addAllIoMergedRecursive(merged)
                .addAllIoTimeRecursive(time)
                .addAllSectorsRecursive(sectors);
    }

    private static List<BlkioStatsEntry> bounded(List<BlkioStatsEntry> told) {
        List<BlkioStatsEntry> entries = new ArrayList<>();
        for (BlkioStatsEntry entry : told) {
            // What has one value for a device names no operation.
            if (entries.size() < ENTRIES && (entry.getOp().isEmpty() || plain(entry.getOp()))) {
                entries.add(entry);
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
