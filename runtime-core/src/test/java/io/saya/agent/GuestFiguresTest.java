package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.BlockFile;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.agent.ContainerUsage.DeviceCount;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.BlkioStats;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CgroupStats;
import io.saya.proto.agent.HugetlbStats;
import io.saya.proto.agent.MemoryStats;
import io.saya.proto.agent.NetworkStats;
import io.saya.proto.agent.Pressure;
import io.saya.proto.agent.PressureLine;
import io.saya.proto.agent.StatsContainerResponse;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuestFiguresTest {

    private static final List<String> BAD_NAMES =
            List.of("", "x".repeat(33), "a b", "a\"b", "a\nb", "\u00e4", "{le=1}");

    @Test
    void whatAnHonestGuestTellsStaysAsItIs() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        CgroupStats.Builder cgroup = told.getCgroupStatsBuilder();
        cgroup.getCpuStatsBuilder().getCpuUsageBuilder().setTotalUsage(7).addPercpuUsage(7);
        cgroup.getMemoryStatsBuilder()
                .addStats(line("workingset_refault_anon"))
                .getUsageBuilder()
                .setUsage(4096);
        cgroup.getPidsStatsBuilder().setCurrent(3);
        cgroup.addHugetlbStats(pages("2MB").setValue(HugetlbStats.newBuilder().setUsage(5)));
        cgroup.getBlkioStatsBuilder()
                .addIoServiceBytesRecursive(BlkioStatsEntry.newBuilder().setOp("Read"))
                .addIoServicedRecursive(BlkioStatsEntry.newBuilder().setOp("Write"))
                .addIoQueuedRecursive(BlkioStatsEntry.newBuilder().setMajor(1))
                .addIoServiceTimeRecursive(BlkioStatsEntry.newBuilder().setMajor(2))
                .addIoWaitTimeRecursive(BlkioStatsEntry.newBuilder().setMajor(3))
                .addIoMergedRecursive(BlkioStatsEntry.newBuilder().setMajor(4))
                .addIoTimeRecursive(BlkioStatsEntry.newBuilder().setMajor(5))
                .addSectorsRecursive(BlkioStatsEntry.newBuilder().setMajor(6));
        told.addNetworkStats(NetworkStats.newBuilder().setName("eth0.5@if7").setRxBytes(9));
        ContainerUsage usage = GuestFigures.of(told.build());
        assertThat(usage.cpu().time()).isEqualTo(new CpuTime(7, 0, 0, List.of(7L)));
        assertThat(usage.memory().lines()).isEqualTo(Map.of("workingset_refault_anon", 1L));
        assertThat(usage.memory().usage()).isEqualTo(new Amount(4096, 0, 0, 0));
        assertThat(usage.pids()).isEqualTo(new ContainerUsage.Pids(3, 0));
        assertThat(usage.hugePages()).isEqualTo(Map.of("2MB", new Amount(5, 0, 0, 0)));
        assertThat(usage.io(BlockFile.SERVICE_BYTES))
                .containsExactly(new DeviceCount(0, 0, "Read", 0));
        assertThat(usage.io(BlockFile.SERVICED)).containsExactly(new DeviceCount(0, 0, "Write", 0));
        long major = 0;
        for (BlockFile file : EnumSet.range(BlockFile.QUEUED, BlockFile.SECTORS)) {
            major++;
            assertThat(usage.io(file)).containsExactly(new DeviceCount(major, 0, "", 0));
        }
        assertThat(usage.links())
                .containsExactly(
                        new ContainerUsage.Link(
                                "eth0.5@if7",
                                new ContainerUsage.Traffic(9, 0, 0, 0),
                                new ContainerUsage.Traffic(0, 0, 0, 0)));
    }

    @Test
    void pressureIsTakenOfWhatThereIsAndWhatIsNoShareOfTimeIsNone() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        told.getCgroupStatsBuilder()
                .addPressure(
                        Pressure.newBuilder()
                                .setResource("memory")
                                .setSome(
                                        PressureLine.newBuilder()
                                                .setAvg10(12.5)
                                                .setAvg60(-1)
                                                .setAvg300(Double.NaN)
                                                .setTotal(7)))
                .addPressure(Pressure.newBuilder().setResource("disk\n"));
        assertThat(GuestFigures.of(told.build()).pressure())
                .isEqualTo(
                        Map.of(
                                ContainerUsage.Resource.MEMORY,
                                new ContainerUsage.Pressure(
                                        new ContainerUsage.Waiting(12.5, 0, 0, 7),
                                        ContainerUsage.Waiting.NONE)));
    }

    @Test
    void operationsThatAreToldAmongTheBytesAreNoBytes() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        BlkioStats.Builder blkio = told.getCgroupStatsBuilder().getBlkioStatsBuilder();
        for (String operation : List.of("read", "write", "rios", "wios", "dbytes", "dios")) {
            blkio.addIoServiceBytesRecursive(
                    BlkioStatsEntry.newBuilder().setOp(operation).setValue(operation.length()));
        }
        ContainerUsage usage = GuestFigures.of(told.build());
        assertThat(usage.io(BlockFile.SERVICE_BYTES))
                .extracting(DeviceCount::operation)
                .containsExactly("read", "write", "dbytes");
        assertThat(usage.io(BlockFile.SERVICED))
                .extracting(DeviceCount::operation)
                .containsExactly("read", "write", "discard");
    }

    @Test
    void moreEntriesThanAGuestCanHaveAreLeftOut() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        CgroupStats.Builder cgroup = told.getCgroupStatsBuilder();
        for (int i = 0; i < 2000; i++) {
            cgroup.getCpuStatsBuilder().getCpuUsageBuilder().addPercpuUsage(i);
            cgroup.getMemoryStatsBuilder().addStats(line("line" + i));
            cgroup.addHugetlbStats(pages(i + "MB"));
            cgroup.getBlkioStatsBuilder()
                    .addIoServiceBytesRecursive(BlkioStatsEntry.newBuilder().setMajor(i))
                    .addSectorsRecursive(BlkioStatsEntry.newBuilder().setMajor(i));
            told.addNetworkStats(NetworkStats.newBuilder().setName("eth" + i));
        }
        ContainerUsage usage = GuestFigures.of(told.build());
        assertThat(usage.cpu().time().perCpu()).hasSize(GuestFigures.PROCESSORS);
        assertThat(usage.memory().lines()).hasSize(GuestFigures.MEMORY_LINES);
        assertThat(usage.hugePages()).hasSize(GuestFigures.ENTRIES);
        assertThat(usage.io(BlockFile.SERVICE_BYTES)).hasSize(GuestFigures.ENTRIES);
        assertThat(usage.io(BlockFile.SECTORS)).hasSize(GuestFigures.ENTRIES);
        assertThat(usage.links()).hasSize(GuestFigures.ENTRIES);
    }

    @Test
    void namesThatAreNotShortAndPlainAreLeftOut() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        for (String name : BAD_NAMES) {
            told.getCgroupStatsBuilder()
                    .addHugetlbStats(pages(name))
                    .getMemoryStatsBuilder()
                    .addStats(line(name));
            if (!name.isEmpty()) {
                told.getCgroupStatsBuilder()
                        .getBlkioStatsBuilder()
                        .addIoTimeRecursive(BlkioStatsEntry.newBuilder().setOp(name));
            }
            told.addNetworkStats(NetworkStats.newBuilder().setName(name));
        }
        ContainerUsage usage = GuestFigures.of(told.build());
        assertThat(usage.hugePages()).isEmpty();
        assertThat(usage.memory().lines()).isEmpty();
        assertThat(usage.io(BlockFile.TIME)).isEmpty();
        assertThat(usage.links()).isEmpty();
    }

    @Test
    void anAnswerThatIsTooLongAsAWholeIsRefused() {
        StatsContainerResponse told =
                StatsContainerResponse.newBuilder()
                        .addNetworkStats(NetworkStats.newBuilder().setName("x".repeat(256 << 10)))
                        .build();
        assertThatThrownBy(() -> GuestFigures.of(told))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("expected: at most 262144");
    }

    private static MemoryStats.StatsEntry.Builder line(String name) {
        return MemoryStats.StatsEntry.newBuilder().setKey(name).setValue(1);
    }

    private static CgroupStats.HugetlbStatsEntry.Builder pages(String size) {
        return CgroupStats.HugetlbStatsEntry.newBuilder().setKey(size);
    }
}
