package io.saya.shim.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.saya.agent.ContainerUsage;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
    private static final long MIB = 1 << 20;

    /** cgroup v1: memsw counts memory as well, and total_ includes descendants. */
    private static final Memory V1_MEMORY =
            new Memory(
                    new Amount(100 * MIB, 120 * MIB, 7, 200 * MIB),
                    new Amount(130 * MIB, 150 * MIB, 0, 300 * MIB),
                    new Amount(MIB, MIB, 0, GuestMemory.UNLIMITED_V1),
                    Map.of(
                            "rss", 40 * MIB,
                            "total_rss", 50 * MIB,
                            "cache", 10 * MIB,
                            "total_inactive_file", 5 * MIB,
                            "total_pgfault", 11L));

    private static final Memory V2_MEMORY =
            new Memory(
                    new Amount(100 * MIB, 120 * MIB, 7, -1),
                    new Amount(30 * MIB, 30 * MIB, 0, 100 * MIB),
                    Amount.NONE,
                    Map.of(
                            "anon", 50 * MIB,
                            "file", 10 * MIB,
                            "inactive_file", 5 * MIB,
                            "pgfault", 11L,
                            "slab", 2 * MIB,
                            "oom_kill", 1L));

    @TempDir Path directory;

    @Test
    void aHostWithV1GetsWhatCriReadsWhateverTheGuestHas() {
        var v1 = MetricsV1.of(stats(V1_MEMORY)).getMemory();
        var v2 = MetricsV1.of(stats(V2_MEMORY)).getMemory();

        assertThat(v1.getUsage().getUsage()).isEqualTo(100 * MIB);
        assertThat(v1.getUsage().getLimit()).isEqualTo(200 * MIB);
        assertThat(v1.getUsage().getMax()).isEqualTo(120 * MIB);
        assertThat(v1.getUsage().getFailcnt()).isEqualTo(7);
        assertThat(v1.getRss()).isEqualTo(40 * MIB);
        assertThat(v1.getTotalRss()).isEqualTo(50 * MIB);
        assertThat(v1.getTotalInactiveFile()).isEqualTo(5 * MIB);
        assertThat(v1.getTotalPgFault()).isEqualTo(11);
        assertThat(v1.getSwap().getUsage()).isEqualTo(130 * MIB);

        assertThat(v2.getUsage().getLimit()).isEqualTo(GuestMemory.UNLIMITED_V1);
        assertThat(v2.getTotalRss()).isEqualTo(50 * MIB);
        assertThat(v2.getTotalInactiveFile()).isEqualTo(5 * MIB);
        assertThat(v2.getTotalPgFault()).isEqualTo(11);
        assertThat(v2.getSwap().getUsage()).as("memory and swap").isEqualTo(130 * MIB);
        assertThat(MetricsV1.of(stats(V2_MEMORY)).getMemoryOomControl().getOomKill()).isOne();
    }

    @Test
    void aHostWithV2GetsWhatCriReadsWhateverTheGuestHas() {
        var v1 = MetricsV2.of(stats(V1_MEMORY)).getMemory();
        var v2 = MetricsV2.of(stats(V2_MEMORY)).getMemory();

        assertThat(v1.getUsage()).isEqualTo(100 * MIB);
        assertThat(v1.getUsageLimit()).isEqualTo(200 * MIB);
        assertThat(v1.getAnon()).isEqualTo(50 * MIB);
        assertThat(v1.getInactiveFile()).isEqualTo(5 * MIB);
        assertThat(v1.getPgfault()).isEqualTo(11);
        assertThat(v1.getSwapUsage()).as("swap alone").isEqualTo(30 * MIB);
        assertThat(v1.getSwapLimit()).isEqualTo(100 * MIB);

        assertThat(v2.getUsageLimit()).isEqualTo(GuestMemory.UNLIMITED_V2);
        assertThat(v2.getAnon()).isEqualTo(50 * MIB);
        assertThat(v2.getFile()).isEqualTo(10 * MIB);
        assertThat(v2.getSlab()).isEqualTo(2 * MIB);
        assertThat(v2.getSwapUsage()).isEqualTo(30 * MIB);
        assertThat(MetricsV2.of(stats(V2_MEMORY)).getMemoryEvents().getOomKill()).isOne();
    }

    /** As containerd has it where swap is off: a container's limit of both is that of memory. */
    @Test
    void noSwapAtAllIsALimit() {
        var memory =
                new Memory(
                        new Amount(100 * MIB, 0, 0, 200 * MIB),
                        Amount.NONE,
                        Amount.NONE,
                        Map.of("anon", 50 * MIB, "kernel", 3 * MIB, "sock", MIB));
        var v1 = MetricsV1.of(stats(memory)).getMemory();
        assertThat(v1.getSwap().getLimit()).isEqualTo(200 * MIB);
        assertThat(v1.getHierarchicalSwapLimit()).isEqualTo(200 * MIB);
        assertThat(v1.getKernel().getUsage()).isEqualTo(3 * MIB);
        assertThat(v1.getKernelTcp().getUsage()).isEqualTo(MIB);
        assertThat(v1.getKernelTcp().getLimit()).isEqualTo(GuestMemory.UNLIMITED_V1);
        assertThat(MetricsV2.of(stats(memory)).getMemory().getSwapLimit()).isZero();
    }

    /** CRI-O's daemon ended by the first that was not there. */
    @Test
    void noSubMessageIsMissingWhenTheGuestTellsNothing() {
        var nothing = ContainerUsage.NONE;
        assertThat(missing("", MetricsV1.of(nothing))).containsExactly("cgroup_stats");
        assertThat(missing("", MetricsV2.of(nothing)))
                .containsExactly("cpu.psi", "memory.psi", "io.psi");
    }

    @Test
    void pressureIsToldWhereTheGuestMeasuresIt() {
        var cpu = new Pressure(new Waiting(12.5, 3, 1, 4_000_000), Waiting.NONE);
        var usage = stats(V2_MEMORY);
        var told =
                MetricsV2.of(
                        new ContainerUsage(
                                usage.cpu(),
                                usage.memory(),
                                usage.pids(),
                                usage.io(),
                                usage.hugePages(),
                                usage.links(),
                                Map.of(Resource.CPU, cpu)));
        assertThat(told.getCpu().getPsi().getSome().getAvg10()).isEqualTo(12.5);
        assertThat(told.getCpu().getPsi().getSome().getTotal()).isEqualTo(4_000_000);
        assertThat(told.getCpu().getPsi().hasFull()).isTrue();
        assertThat(told.getMemory().hasPsi()).isFalse();
        assertThat(told.getIo().hasPsi()).isFalse();
    }

    private static List<String> missing(String prefix, Message message) {
        List<String> missing = new ArrayList<>();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            String name = prefix + field.getName();
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.isRepeated()) {
                continue;
            }
            if (message.hasField(field)) {
                missing.addAll(missing(name + ".", (Message) message.getField(field)));
            } else {
                missing.add(name);
            }
        }
        return missing;
    }

    @Test
    void processorTimeIsNanosecondsInV1AndMicrosecondsInV2() {
        var v1 = MetricsV1.of(stats(V1_MEMORY)).getCpu();
        assertThat(v1.getUsage().getTotal()).isEqualTo(9_000_000);
        assertThat(v1.getUsage().getUser()).isEqualTo(5_000_000);
        assertThat(v1.getUsage().getKernel()).isEqualTo(4_000_000);
        assertThat(v1.getThrottling().getThrottledTime()).isEqualTo(2_000_000);

        var v2 = MetricsV2.of(stats(V1_MEMORY)).getCpu();
        assertThat(v2.getUsageUsec()).isEqualTo(9_000);
        assertThat(v2.getUserUsec()).isEqualTo(5_000);
        assertThat(v2.getSystemUsec()).isEqualTo(4_000);
        assertThat(v2.getNrPeriods()).isEqualTo(3);
        assertThat(v2.getThrottledUsec()).isEqualTo(2_000);
    }

    @Test
    void readsAndWritesAreSummedByDeviceInV2() {
        var io = MetricsV2.of(stats(V1_MEMORY)).getIo();

        assertThat(io.getUsageList()).hasSize(1);
        assertThat(io.getUsage(0).getMajor()).isEqualTo(8);
        assertThat(io.getUsage(0).getMinor()).isEqualTo(1);
        assertThat(io.getUsage(0).getRbytes()).isEqualTo(10);
        assertThat(io.getUsage(0).getWbytes()).isEqualTo(20);
        assertThat(io.getUsage(0).getRios()).isEqualTo(1);
        assertThat(MetricsV1.of(stats(V1_MEMORY)).getBlkio().getIoServiceBytesRecursiveList())
                .hasSize(3);
    }

    @Test
    void processesHugePagesAndInterfacesAreTaken() {
        var v1 = MetricsV1.of(stats(V1_MEMORY));
        var v2 = MetricsV2.of(stats(V1_MEMORY));

        assertThat(v1.getPids().getCurrent()).isEqualTo(4);
        assertThat(v2.getPids().getCurrent()).isEqualTo(4);
        assertThat(v1.getHugetlb(0).getPagesize()).isEqualTo("2MB");
        assertThat(v2.getHugetlb(0).getCurrent()).isEqualTo(3);
        assertThat(v1.getNetwork(0).getRxBytes()).isEqualTo(77);
        assertThat(v2.getNetwork(0).getName()).isEqualTo("eth0");
    }

    @Test
    void metricsAreOfTheHostsKindUnderABareName() throws Exception {
        assertThat(HostCgroups.detect(directory)).isEqualTo(HostCgroups.V1);
        Files.createFile(directory.resolve("cgroup.controllers"));
        assertThat(HostCgroups.detect(directory)).isEqualTo(HostCgroups.V2);

        assertThat(HostCgroups.V1.metrics(stats(V2_MEMORY)).getTypeUrl())
                .isEqualTo("io.containerd.cgroups.v1.Metrics");
        assertThat(HostCgroups.V2.metrics(stats(V1_MEMORY)).getTypeUrl())
                .isEqualTo("io.containerd.cgroups.v2.Metrics");
    }

    private static ContainerUsage stats(Memory memory) {
        return new ContainerUsage(
                new Cpu(new CpuTime(9_000_000, 5_000_000, 4_000_000, List.of()), 3, 0, 2_000_000),
                memory,
                new Pids(4, 0),
                Map.of(
                        BlockFile.SERVICE_BYTES,
                        List.of(entry("Read", 10), entry("Write", 20), entry("Total", 30)),
                        BlockFile.SERVICED,
                        List.of(entry("read", 1))),
                Map.of("2MB", new Amount(3, 0, 0, 0)),
                List.of(new Link("eth0", new Traffic(77, 0, 0, 0), new Traffic(0, 0, 0, 0))));
    }

    private static DeviceCount entry(String operation, long value) {
        return new DeviceCount(8, 1, operation, value);
    }
}
