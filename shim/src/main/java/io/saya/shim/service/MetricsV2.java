package io.saya.shim.service;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.BlockFile;
import io.saya.agent.ContainerUsage.Cpu;
import io.saya.agent.ContainerUsage.DeviceCount;
import io.saya.agent.ContainerUsage.Resource;
import io.saya.agent.ContainerUsage.Waiting;
import io.saya.proto.cgroups.v2.CPUStat;
import io.saya.proto.cgroups.v2.HugeTlbStat;
import io.saya.proto.cgroups.v2.IOEntry;
import io.saya.proto.cgroups.v2.IOStat;
import io.saya.proto.cgroups.v2.MemoryEvents;
import io.saya.proto.cgroups.v2.MemoryStat;
import io.saya.proto.cgroups.v2.Metrics;
import io.saya.proto.cgroups.v2.NetworkStat;
import io.saya.proto.cgroups.v2.PSIData;
import io.saya.proto.cgroups.v2.PSIStats;
import io.saya.proto.cgroups.v2.PidsStat;
import io.saya.proto.cgroups.v2.RdmaStat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a guest measured, as containerd expects it on a host with cgroup v2. Every sub-message that
 * containerd's shim for runc always sets is set here, with zeros where the guest tells nothing.
 * Those for pressure (PSI) are missing where the guest does not measure it, as they are on hosts
 * that do not: zeros would say that there is none.
 */
final class MetricsV2 {
    static final String TYPE = "io.containerd.cgroups.v2.Metrics";

    private static final long NANOS_PER_MICRO = 1000;

    private record Device(long major, long minor) {}

    private MetricsV2() {}

    static Metrics of(ContainerUsage guest) {
        GuestMemory memory = new GuestMemory(guest.memory());
        Metrics.Builder metrics =
                Metrics.newBuilder()
                        .setPids(
                                PidsStat.newBuilder()
                                        .setCurrent(guest.pids().current())
                                        .setLimit(GuestMemory.limitV2(guest.pids().limit())))
                        .setCpu(cpu(guest))
                        .setMemory(memory(guest, memory))
                        .setMemoryEvents(
                                MemoryEvents.newBuilder()
                                        .setMax(memory.usage().failures())
                                        .setOomKill(memory.oomKills()))
                        .setIo(io(guest))
                        .setRdma(RdmaStat.getDefaultInstance());
        guest.hugePages()
                .forEach(
                        (size, pages) ->
                                metrics.addHugetlb(
                                        HugeTlbStat.newBuilder()
                                                .setPagesize(size)
                                                .setCurrent(pages.usage())
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

    private static CPUStat cpu(ContainerUsage usage) {
        Cpu guest = usage.cpu();
        CPUStat.Builder cpu =
                CPUStat.newBuilder()
                        .setUsageUsec(guest.time().total() / NANOS_PER_MICRO)
                        .setUserUsec(guest.time().user() / NANOS_PER_MICRO)
                        .setSystemUsec(guest.time().kernel() / NANOS_PER_MICRO)
                        .setNrPeriods(guest.periods())
                        .setNrThrottled(guest.throttledPeriods())
                        .setThrottledUsec(guest.throttledNanos() / NANOS_PER_MICRO);
        pressure(usage, Resource.CPU).ifPresent(cpu::setPsi);
        return cpu.build();
    }

    private static Optional<PSIStats> pressure(ContainerUsage usage, Resource resource) {
        return Optional.ofNullable(usage.pressure().get(resource))
                .map(
                        pressure ->
                                PSIStats.newBuilder()
                                        .setSome(waiting(pressure.some()))
                                        .setFull(waiting(pressure.full()))
                                        .build());
    }

    private static PSIData waiting(Waiting waiting) {
        return PSIData.newBuilder()
                .setAvg10(waiting.avg10())
                .setAvg60(waiting.avg60())
                .setAvg300(waiting.avg300())
                .setTotal(waiting.totalMicros())
                .build();
    }

    private static MemoryStat memory(ContainerUsage usage, GuestMemory guest) {
        MemoryStat.Builder memory = MemoryStat.newBuilder();
        pressure(usage, Resource.MEMORY).ifPresent(memory::setPsi);
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
        Amount swap = guest.swapOnly();
        return memory.setUsage(guest.usage().usage())
                .setMaxUsage(guest.usage().maxUsage())
                .setUsageLimit(GuestMemory.limitV2(guest.usage().limit()))
                .setSwapUsage(swap.usage())
                .setSwapMaxUsage(swap.maxUsage())
                .setSwapLimit(swap.limit())
                .build();
    }

    private static IOStat io(ContainerUsage guest) {
        Map<Device, IOEntry.Builder> devices = new LinkedHashMap<>();
        for (DeviceCount bytes : guest.io(BlockFile.SERVICE_BYTES)) {
            IOEntry.Builder entry = entry(devices, bytes);
            if (isOperation(bytes, 'r')) {
                entry.setRbytes(entry.getRbytes() + bytes.value());
            } else if (isOperation(bytes, 'w')) {
                entry.setWbytes(entry.getWbytes() + bytes.value());
            }
        }
        for (DeviceCount operations : guest.io(BlockFile.SERVICED)) {
            IOEntry.Builder entry = entry(devices, operations);
            if (isOperation(operations, 'r')) {
                entry.setRios(entry.getRios() + operations.value());
            } else if (isOperation(operations, 'w')) {
                entry.setWios(entry.getWios() + operations.value());
            }
        }
        IOStat.Builder io = IOStat.newBuilder();
        pressure(guest, Resource.IO).ifPresent(io::setPsi);
        devices.values().forEach(io::addUsage);
        return io.build();
    }

    private static IOEntry.Builder entry(Map<Device, IOEntry.Builder> devices, DeviceCount of) {
        return devices.computeIfAbsent(
                new Device(of.major(), of.minor()),
                device -> IOEntry.newBuilder().setMajor(device.major()).setMinor(device.minor()));
    }

    /** Agents write Read, read or rbytes; other operations (Sync, Total, ...) count these again. */
    private static boolean isOperation(DeviceCount entry, char initial) {
        String name = entry.operation();
        return !name.isEmpty() && Character.toLowerCase(name.charAt(0)) == initial;
    }
}
