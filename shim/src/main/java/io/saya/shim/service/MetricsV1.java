package io.saya.shim.service;

import io.saya.proto.agent.BlkioStats;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CpuStats;
import io.saya.proto.agent.MemoryData;
import io.saya.proto.agent.StatsContainerResponse;
import io.saya.proto.cgroups.v1.BlkIOEntry;
import io.saya.proto.cgroups.v1.BlkIOStat;
import io.saya.proto.cgroups.v1.CPUStat;
import io.saya.proto.cgroups.v1.CPUUsage;
import io.saya.proto.cgroups.v1.HugetlbStat;
import io.saya.proto.cgroups.v1.MemoryEntry;
import io.saya.proto.cgroups.v1.MemoryOomControl;
import io.saya.proto.cgroups.v1.MemoryStat;
import io.saya.proto.cgroups.v1.Metrics;
import io.saya.proto.cgroups.v1.NetworkStat;
import io.saya.proto.cgroups.v1.PidsStat;
import io.saya.proto.cgroups.v1.RdmaStat;
import io.saya.proto.cgroups.v1.Throttle;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest measured, as containerd expects it on a host with cgroup v1. Every sub-message that
 * containerd's shim for runc sets is set here, with zeros where the guest tells nothing: clients
 * follow them without a look, and CRI-O ends by the first that is missing.
 */
final class MetricsV1 {
    static final String TYPE = "io.containerd.cgroups.v1.Metrics";

    private MetricsV1() {}

    static Metrics of(StatsContainerResponse guest) {
        var cgroup = guest.getCgroupStats();
        Metrics.Builder metrics =
                Metrics.newBuilder()
                        .setPids(
                                PidsStat.newBuilder()
                                        .setCurrent(cgroup.getPidsStats().getCurrent())
                                        .setLimit(cgroup.getPidsStats().getLimit()))
                        .setCpu(cpu(cgroup.getCpuStats()))
                        .setBlkio(blkio(cgroup.getBlkioStats()))
                        .setRdma(RdmaStat.getDefaultInstance());
        GuestMemory memory = new GuestMemory(cgroup.getMemoryStats());
        metrics.setMemory(memory(memory))
                .setMemoryOomControl(MemoryOomControl.newBuilder().setOomKill(memory.oomKills()));
        cgroup.getHugetlbStatsMap()
                .forEach(
                        (size, pages) ->
                                metrics.addHugetlb(
                                        HugetlbStat.newBuilder()
                                                .setPagesize(size)
                                                .setUsage(pages.getUsage())
                                                .setMax(pages.getMaxUsage())
                                                .setFailcnt(pages.getFailcnt())));
        for (var link : guest.getNetworkStatsList()) {
            metrics.addNetwork(
                    NetworkStat.newBuilder()
                            .setName(link.getName())
                            .setRxBytes(link.getRxBytes())
                            .setRxPackets(link.getRxPackets())
                            .setRxErrors(link.getRxErrors())
                            .setRxDropped(link.getRxDropped())
                            .setTxBytes(link.getTxBytes())
                            .setTxPackets(link.getTxPackets())
                            .setTxErrors(link.getTxErrors())
                            .setTxDropped(link.getTxDropped()));
        }
        return metrics.build();
    }

    private static CPUStat cpu(CpuStats guest) {
        return CPUStat.newBuilder()
                .setUsage(
                        CPUUsage.newBuilder()
                                .setTotal(guest.getCpuUsage().getTotalUsage())
                                .setKernel(guest.getCpuUsage().getUsageInKernelmode())
                                .setUser(guest.getCpuUsage().getUsageInUsermode())
                                .addAllPerCpu(guest.getCpuUsage().getPercpuUsageList()))
                .setThrottling(
                        Throttle.newBuilder()
                                .setPeriods(guest.getThrottlingData().getPeriods())
                                .setThrottledPeriods(
                                        guest.getThrottlingData().getThrottledPeriods())
                                .setThrottledTime(guest.getThrottlingData().getThrottledTime()))
                .build();
    }

    private static MemoryStat memory(GuestMemory guest) {
        MemoryStat.Builder memory = MemoryStat.newBuilder();
        memory.setCache(guest.ownLine("cache", "file"))
                .setRss(guest.ownLine("rss", "anon"))
                .setRssHuge(guest.ownLine("rss_huge", "anon_thp"))
                .setMappedFile(guest.ownLine("mapped_file", "file_mapped"))
                .setDirty(guest.ownLine("dirty", "file_dirty"))
                .setWriteback(guest.ownLine("writeback", "file_writeback"))
                .setPgPgIn(guest.ownLine("pgpgin", "pgpgin"))
                .setPgPgOut(guest.ownLine("pgpgout", "pgpgout"))
                .setPgFault(guest.ownLine("pgfault", "pgfault"))
                .setPgMajFault(guest.ownLine("pgmajfault", "pgmajfault"))
                .setInactiveAnon(guest.ownLine("inactive_anon", "inactive_anon"))
                .setActiveAnon(guest.ownLine("active_anon", "active_anon"))
                .setInactiveFile(guest.ownLine("inactive_file", "inactive_file"))
                .setActiveFile(guest.ownLine("active_file", "active_file"))
                .setUnevictable(guest.ownLine("unevictable", "unevictable"));
        memory.setTotalCache(guest.line("cache", "file"))
                .setTotalRss(guest.line("rss", "anon"))
                .setTotalRssHuge(guest.line("rss_huge", "anon_thp"))
                .setTotalMappedFile(guest.line("mapped_file", "file_mapped"))
                .setTotalDirty(guest.line("dirty", "file_dirty"))
                .setTotalWriteback(guest.line("writeback", "file_writeback"))
                .setTotalPgPgIn(guest.line("pgpgin", "pgpgin"))
                .setTotalPgPgOut(guest.line("pgpgout", "pgpgout"))
                .setTotalPgFault(guest.line("pgfault", "pgfault"))
                .setTotalPgMajFault(guest.line("pgmajfault", "pgmajfault"))
                .setTotalInactiveAnon(guest.line("inactive_anon", "inactive_anon"))
                .setTotalActiveAnon(guest.line("active_anon", "active_anon"))
                .setTotalInactiveFile(guest.line("inactive_file", "inactive_file"))
                .setTotalActiveFile(guest.line("active_file", "active_file"))
                .setTotalUnevictable(guest.line("unevictable", "unevictable"));
        return memory.setHierarchicalMemoryLimit(GuestMemory.limitV1(guest.usage().getLimit()))
                .setHierarchicalSwapLimit(GuestMemory.limitV1(guest.memoryAndSwap().getLimit()))
                .setUsage(entry(guest.usage()))
                .setSwap(entry(guest.memoryAndSwap()))
                .setKernel(entry(guest.kernel()))
                .setKernelTcp(MemoryEntry.getDefaultInstance())
                .build();
    }

    private static MemoryEntry entry(MemoryData data) {
        return MemoryEntry.newBuilder()
                .setUsage(data.getUsage())
                .setMax(data.getMaxUsage())
                .setFailcnt(data.getFailcnt())
                .setLimit(GuestMemory.limitV1(data.getLimit()))
                .build();
    }

    private static BlkIOStat blkio(BlkioStats guest) {
        return BlkIOStat.newBuilder()
                .addAllIoServiceBytesRecursive(entries(guest.getIoServiceBytesRecursiveList()))
                .addAllIoServicedRecursive(entries(guest.getIoServicedRecursiveList()))
                .addAllIoQueuedRecursive(entries(guest.getIoQueuedRecursiveList()))
                .addAllIoServiceTimeRecursive(entries(guest.getIoServiceTimeRecursiveList()))
                .addAllIoWaitTimeRecursive(entries(guest.getIoWaitTimeRecursiveList()))
                .addAllIoMergedRecursive(entries(guest.getIoMergedRecursiveList()))
                .addAllIoTimeRecursive(entries(guest.getIoTimeRecursiveList()))
                .addAllSectorsRecursive(entries(guest.getSectorsRecursiveList()))
                .build();
    }

    private static List<BlkIOEntry> entries(List<BlkioStatsEntry> guest) {
        List<BlkIOEntry> entries = new ArrayList<>(guest.size());
        for (BlkioStatsEntry entry : guest) {
            entries.add(
                    BlkIOEntry.newBuilder()
                            .setMajor(entry.getMajor())
                            .setMinor(entry.getMinor())
                            .setOp(entry.getOp())
                            .setValue(entry.getValue())
                            .build());
        }
        return entries;
    }
}
