package io.saya.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.host.ProcessorTimes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostShareTest {
    private Optional<ProcessorTimes> vmm = Optional.empty();
    private final HostShare share = new HostShare(() -> vmm);

    @Test
    void whatTheVmmWaitedForIsNotUsed() {
        vmm = times(1_000, 3_000);
        assertThat(usage(guest(800, 600, 200, List.of(500L, 300L))))
                .isEqualTo(expected(200, 150, 50, List.of(125L, 75L)));
        // From now on it has the processor to itself.
        vmm = times(2_000, 3_000);
        assertThat(usage(guest(1_800, 1_600, 200, List.of(1_500L, 300L))))
                .isEqualTo(expected(1_200, 1_150, 50, List.of(1_125L, 75L)));
    }

    @Test
    void itNeverGoesBack() {
        vmm = times(1_000, 0);
        usage(guest(500, 500, 0, List.of()));
        // A thread has ended, and the guest says less than before.
        vmm = times(900, 0);
        assertThat(usage(guest(400, 400, 0, List.of())))
                .isEqualTo(expected(500, 500, 0, List.of()));
    }

    @Test
    void withoutFiguresOfTheHostTheGuestsCount() {
        assertThat(usage(guest(500, 300, 200, List.of(500L))))
                .isEqualTo(expected(500, 300, 200, List.of(500L)));
    }

    private static Optional<ProcessorTimes> times(long ranMillis, long waitedMillis) {
        return Optional.of(
                new ProcessorTimes(
                        Duration.ofMillis(ranMillis), Duration.ofMillis(waitedMillis), false));
    }

    private CpuTime usage(ContainerUsage told) {
        return share.of(told).cpu().time();
    }

    private static CpuTime expected(long total, long user, long kernel, List<Long> processors) {
        return new CpuTime(total, user, kernel, processors);
    }

    private static ContainerUsage guest(long total, long user, long kernel, List<Long> processors) {
        return ContainerUsage.NONE.withCpuTime(expected(total, user, kernel, processors));
    }
}
