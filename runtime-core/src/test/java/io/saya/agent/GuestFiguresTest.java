package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.BlkioStatsEntry;
import io.saya.proto.agent.CgroupStats;
import io.saya.proto.agent.HugetlbStats;
import io.saya.proto.agent.NetworkStats;
import io.saya.proto.agent.StatsContainerResponse;
import java.util.List;
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
                .putStats("workingset_refault_anon", 1)
                .getUsageBuilder()
                .setUsage(4096);
        cgroup.getPidsStatsBuilder().setCurrent(3);
        cgroup.putHugetlbStats("2MB", HugetlbStats.newBuilder().setUsage(5).build());
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
        assertThat(GuestFigures.bounded(told.build())).isEqualTo(told.build());
    }

    @Test
    void moreEntriesThanAGuestCanHaveAreLeftOut() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        CgroupStats.Builder cgroup = told.getCgroupStatsBuilder();
        for (int i = 0; i < 2000; i++) {
            cgroup.getCpuStatsBuilder().getCpuUsageBuilder().addPercpuUsage(i);
            cgroup.getMemoryStatsBuilder().putStats("line" + i, i);
            cgroup.putHugetlbStats(i + "MB", HugetlbStats.getDefaultInstance());
            cgroup.getBlkioStatsBuilder()
                    .addIoServiceBytesRecursive(BlkioStatsEntry.newBuilder().setMajor(i))
                    .addSectorsRecursive(BlkioStatsEntry.newBuilder().setMajor(i));
            told.addNetworkStats(NetworkStats.newBuilder().setName("eth" + i));
        }
        StatsContainerResponse figures = GuestFigures.bounded(told.build());
        CgroupStats bounded = figures.getCgroupStats();
        assertThat(bounded.getCpuStats().getCpuUsage().getPercpuUsageCount())
                .isEqualTo(GuestFigures.PROCESSORS);
        assertThat(bounded.getMemoryStats().getStatsCount()).isEqualTo(GuestFigures.MEMORY_LINES);
        assertThat(bounded.getHugetlbStatsCount()).isEqualTo(GuestFigures.ENTRIES);
        assertThat(bounded.getBlkioStats().getIoServiceBytesRecursiveCount())
                .isEqualTo(GuestFigures.ENTRIES);
        assertThat(bounded.getBlkioStats().getSectorsRecursiveCount())
                .isEqualTo(GuestFigures.ENTRIES);
        assertThat(figures.getNetworkStatsCount()).isEqualTo(GuestFigures.ENTRIES);
    }

    @Test
    void namesThatAreNotShortAndPlainAreLeftOut() {
        StatsContainerResponse.Builder told = StatsContainerResponse.newBuilder();
        for (String name : BAD_NAMES) {
            told.getCgroupStatsBuilder()
                    .putHugetlbStats(name, HugetlbStats.getDefaultInstance())
                    .getMemoryStatsBuilder()
                    .putStats(name, 1);
            if (!name.isEmpty()) {
                told.getCgroupStatsBuilder()
                        .getBlkioStatsBuilder()
                        .addIoTimeRecursive(BlkioStatsEntry.newBuilder().setOp(name));
            }
            told.addNetworkStats(NetworkStats.newBuilder().setName(name));
        }
        StatsContainerResponse figures = GuestFigures.bounded(told.build());
        assertThat(figures.getCgroupStats().getHugetlbStatsMap()).isEmpty();
        assertThat(figures.getCgroupStats().getMemoryStats().getStatsMap()).isEmpty();
        assertThat(figures.getCgroupStats().getBlkioStats().getIoTimeRecursiveList()).isEmpty();
        assertThat(figures.getNetworkStatsList()).isEmpty();
    }

    @Test
    void anAnswerThatIsTooLongAsAWholeIsRefused() {
        StatsContainerResponse told =
                StatsContainerResponse.newBuilder()
                        .addNetworkStats(NetworkStats.newBuilder().setName("x".repeat(256 << 10)))
                        .build();
        assertThatThrownBy(() -> GuestFigures.bounded(told))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("expected: at most 262144");
    }
}
