package io.saya.shim.service;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.BlockFile;
import io.saya.agent.ContainerUsage.Cpu;
import io.saya.agent.ContainerUsage.DeviceCount;
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

    static Metrics of(ContainerUsage guest) {
        Metrics.Builder metrics =
                Metrics.newBuilder()
                        .setPids(
                                PidsStat.newBuilder()
                                        .setCurrent(guest.pids().current())
                                        .setLimit(guest.pids().limit()))
                        .setCpu(cpu(guest.cpu()))
                        .setBlkio(blkio(guest))
                        .setRdma(RdmaStat.getDefaultInstance());
        GuestMemory memory = new GuestMemory(guest.memory());
        metrics.setMemory(memory(memory))
                .setMemoryOomControl(MemoryOomControl.newBuilder().setOomKill(memory.oomKills()));
        guest.hugePages()
                .forEach(
                        (size, pages) ->
                                metrics.addHugetlb(
                                        HugetlbStat.newBuilder()
                                                .setPagesize(size)
                                                .setUsage(pages.usage())
                                                .setMax(pages.maxUsage())
                                                .setFailcnt(pages.failures())));
        for (var link : guest.links()) {
            metrics.addNetwork(
                    NetworkStat.newBuilder()
                            .setName(link.name())
                            .setRxBytes(link.received().bytes())
                            .setRxPackets(link.received().packets())
                            .setRxErrors(link.received().errors())
                            .setRxDropped(link.received().dropped())
                            .setTxBytes(link.sent().bytes())
                            .setTxPackets(link.sent().packets())
                            .setTxErrors(link.sent().errors())
                            .setTxDropped(link.sent().dropped()));
        }
        return metrics.build();
    }

    private static CPUStat cpu(Cpu guest) {
        return CPUStat.newBuilder()
                .setUsage(
                        CPUUsage.newBuilder()
                                .setTotal(guest.time().total())
                                .setKernel(guest.time().kernel())
                                .setUser(guest.time().user())
                                .addAllPerCpu(guest.time().perCpu()))
                .setThrottling(
                        Throttle.newBuilder()
                                .setPeriods(guest.periods())
                                .setThrottledPeriods(guest.throttledPeriods())
                                .setThrottledTime(guest.throttledNanos()))
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
        return memory.setHierarchicalMemoryLimit(GuestMemory.limitV1(guest.usage().limit()))
                .setHierarchicalSwapLimit(GuestMemory.limitV1(guest.memoryAndSwap().limit()))
                .setUsage(entry(guest.usage()))
                .setSwap(entry(guest.memoryAndSwap()))
                .setKernel(entry(guest.kernel()))
                .setKernelTcp(entry(guest.sockets()))
                .build();
    }

    private static MemoryEntry entry(Amount data) {
        return MemoryEntry.newBuilder()
                .setUsage(data.usage())
                .setMax(data.maxUsage())
                .setFailcnt(data.failures())
                .setLimit(GuestMemory.limitV1(data.limit()))
                .build();
    }

    private static BlkIOStat blkio(ContainerUsage guest) {
        return BlkIOStat.newBuilder()
                .addAllIoServiceBytesRecursive(entries(guest.io(BlockFile.SERVICE_BYTES)))
                .addAllIoServicedRecursive(entries(guest.io(BlockFile.SERVICED)))
                .addAllIoQueuedRecursive(entries(guest.io(BlockFile.QUEUED)))
                .addAllIoServiceTimeRecursive(entries(guest.io(BlockFile.SERVICE_TIME)))
                .addAllIoWaitTimeRecursive(entries(guest.io(BlockFile.WAIT_TIME)))
                .addAllIoMergedRecursive(entries(guest.io(BlockFile.MERGED)))
                .addAllIoTimeRecursive(entries(guest.io(BlockFile.TIME)))
                .addAllSectorsRecursive(entries(guest.io(BlockFile.SECTORS)))
                .build();
    }

    private static List<BlkIOEntry> entries(List<DeviceCount> guest) {
        List<BlkIOEntry> entries = new ArrayList<>(guest.size());
        for (DeviceCount entry : guest) {
            entries.add(
                    BlkIOEntry.newBuilder()
                            .setMajor(entry.major())
                            .setMinor(entry.minor())
                            .setOp(entry.operation())
                            .setValue(entry.value())
                            .build());
        }
        return entries;
    }
}
