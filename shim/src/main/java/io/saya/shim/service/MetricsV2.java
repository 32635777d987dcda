package io.saya.shim.service;

import io.saya.proto.agent.BlkioStats;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CpuStats;
import io.saya.proto.agent.MemoryData;
import io.saya.proto.agent.StatsContainerResponse;
import io.saya.proto.cgroups.v2.CPUStat;
import io.saya.proto.cgroups.v2.HugeTlbStat;
import io.saya.proto.cgroups.v2.IOEntry;
import io.saya.proto.cgroups.v2.IOStat;
import io.saya.proto.cgroups.v2.MemoryEvents;
import io.saya.proto.cgroups.v2.MemoryStat;
import io.saya.proto.cgroups.v2.Metrics;
import io.saya.proto.cgroups.v2.NetworkStat;
import io.saya.proto.cgroups.v2.PidsStat;
import io.saya.proto.cgroups.v2.RdmaStat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a guest measured, as containerd expects it on a host with cgroup v2. Every sub-message that
 * containerd's shim for runc always sets is set here, with zeros where the guest tells nothing.
 * Those for pressure (PSI) are missing, as they are on hosts that do not measure it: zeros would
 * say that there is none.
 */
final class MetricsV2 {
    static final String TYPE = "io.containerd.cgroups.v2.Metrics";

    private static final long NANOS_PER_MICRO = 1000;

    private record Device(long major, long minor) {}

    private MetricsV2() {}

    static Metrics of(StatsContainerResponse guest) {
        var cgroup = guest.getCgroupStats();
        GuestMemory memory = new GuestMemory(cgroup.getMemoryStats());
        Metrics.Builder metrics =
                Metrics.newBuilder()
                        .setPids(
                                PidsStat.newBuilder()
                                        .setCurrent(cgroup.getPidsStats().getCurrent())
                                        .setLimit(
                                                GuestMemory.limitV2(
                                                        cgroup.getPidsStats().getLimit())))
                        .setCpu(cpu(cgroup.getCpuStats()))
                        .setMemory(memory(memory))
                        .setMemoryEvents(
                                MemoryEvents.newBuilder()
                                        .setMax(memory.usage().getFailcnt())
                                        .setOomKill(memory.oomKills()))
                        .setIo(io(cgroup.getBlkioStats()))
                        .setRdma(RdmaStat.getDefaultInstance());
        cgroup.getHugetlbStatsMap()
                .forEach(
                        (size, pages) ->
                                metrics.addHugetlb(
                                        HugeTlbStat.newBuilder()
                                                .setPagesize(size)
                                                .setCurrent(pages.getUsage())
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
                .setUsageUsec(guest.getCpuUsage().getTotalUsage() / NANOS_PER_MICRO)
                .setUserUsec(guest.getCpuUsage().getUsageInUsermode() / NANOS_PER_MICRO)
                .setSystemUsec(guest.getCpuUsage().getUsageInKernelmode() / NANOS_PER_MICRO)
                .setNrPeriods(guest.getThrottlingData().getPeriods())
                .setNrThrottled(guest.getThrottlingData().getThrottledPeriods())
                .setThrottledUsec(guest.getThrottlingData().getThrottledTime() / NANOS_PER_MICRO)
                .build();
    }

    private static MemoryStat memory(GuestMemory guest) {
        MemoryStat.Builder memory = MemoryStat.newBuilder();
        memory.setAnon(guest.line("rss", "anon"))
                .setFile(guest.line("cache", "file"))
                .setAnonThp(guest.line("rss_huge", "anon_thp"))
                .setFileMapped(guest.line("mapped_file", "file_mapped"))
                .setFileDirty(guest.line("dirty", "file_dirty"))
                .setFileWriteback(guest.line("writeback", "file_writeback"))
                .setShmem(guest.line("shmem", "shmem"))
                .setPgfault(guest.line("pgfault", "pgfault"))
                .setPgmajfault(guest.line("pgmajfault", "pgmajfault"))
                .setInactiveAnon(guest.line("inactive_anon", "inactive_anon"))
                .setActiveAnon(guest.line("active_anon", "active_anon"))
                .setInactiveFile(guest.line("inactive_file", "inactive_file"))
                .setActiveFile(guest.line("active_file", "active_file"))
                .setUnevictable(guest.line("unevictable", "unevictable"));
        memory.setKernelStack(guest.lineV2("kernel_stack"))
                .setSlab(guest.lineV2("slab"))
                .setSock(guest.lineV2("sock"))
                .setSlabReclaimable(guest.lineV2("slab_reclaimable"))
                .setSlabUnreclaimable(guest.lineV2("slab_unreclaimable"))
                .setWorkingsetNodereclaim(guest.lineV2("workingset_nodereclaim"))
                .setWorkingsetRefaultAnon(guest.lineV2("workingset_refault_anon"))
                .setWorkingsetRefaultFile(guest.lineV2("workingset_refault_file"))
                .setWorkingsetActivateAnon(guest.lineV2("workingset_activate_anon"))
                .setWorkingsetActivateFile(guest.lineV2("workingset_activate_file"))
                .setPgrefill(guest.lineV2("pgrefill"))
                .setPgscan(guest.lineV2("pgscan"))
                .setPgsteal(guest.lineV2("pgsteal"))
                .setPgactivate(guest.lineV2("pgactivate"))
                .setPgdeactivate(guest.lineV2("pgdeactivate"))
                .setPglazyfree(guest.lineV2("pglazyfree"))
                .setPglazyfreed(guest.lineV2("pglazyfreed"))
                .setThpFaultAlloc(guest.lineV2("thp_fault_alloc"))
                .setThpCollapseAlloc(guest.lineV2("thp_collapse_alloc"));
        MemoryData swap = guest.swapOnly();
        return memory.setUsage(guest.usage().getUsage())
                .setMaxUsage(guest.usage().getMaxUsage())
                .setUsageLimit(GuestMemory.limitV2(guest.usage().getLimit()))
                .setSwapUsage(swap.getUsage())
                .setSwapMaxUsage(swap.getMaxUsage())
                .setSwapLimit(GuestMemory.limitV2(swap.getLimit()))
                .build();
    }

    private static IOStat io(BlkioStats guest) {
        Map<Device, IOEntry.Builder> devices = new LinkedHashMap<>();
        for (BlkioStatsEntry bytes : guest.getIoServiceBytesRecursiveList()) {
            IOEntry.Builder entry = entry(devices, bytes);
            if (isOperation(bytes, 'r')) {
                entry.setRbytes(entry.getRbytes() + bytes.getValue());
            } else if (isOperation(bytes, 'w')) {
                entry.setWbytes(entry.getWbytes() + bytes.getValue());
            }
        }
        for (BlkioStatsEntry operations : guest.getIoServicedRecursiveList()) {
            IOEntry.Builder entry = entry(devices, operations);
            if (isOperation(operations, 'r')) {
                entry.setRios(entry.getRios() + operations.getValue());
            } else if (isOperation(operations, 'w')) {
                entry.setWios(entry.getWios() + operations.getValue());
            }
        }
        IOStat.Builder io = IOStat.newBuilder();
        devices.values().forEach(io::addUsage);
        return io.build();
    }

    private static IOEntry.Builder entry(Map<Device, IOEntry.Builder> devices, BlkioStatsEntry of) {
        return devices.computeIfAbsent(
                new Device(of.getMajor(), of.getMinor()),
                device -> IOEntry.newBuilder().setMajor(device.major()).setMinor(device.minor()));
    }

    /** Agents write Read, read or rbytes; other operations (Sync, Total, ...) count these again. */
    private static boolean isOperation(BlkioStatsEntry entry, char initial) {
        String name = entry.getOp();
        return !name.isEmpty() && Character.toLowerCase(name.charAt(0)) == initial;
    }
}
