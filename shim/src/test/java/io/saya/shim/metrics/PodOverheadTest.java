package io.saya.shim.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.container.Container;
import io.saya.container.ContainerFigures;
import io.saya.container.ContainerProcess;
import io.saya.event.TaskIo;
import io.saya.io.ProcessStdio;
import io.saya.oci.ContainerKind;
import io.saya.shim.metrics.HostProcesses.Role;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a pod costs beside its containers, when some of them are silent. */
class PodOverheadTest {
    private final Container one = container("one");
    private final Container two = container("two");
    private final PodOverhead overhead = new PodOverhead();

    @Test
    void isTheHostsTimeLessThatOfAllContainers() {
        assertThat(scrape(10, List.of(one, two), Map.of(one, 2, two, 3), 0))
                .contains(
                        "saya_pod_host_cpu_seconds_total 10.0\n",
                        "saya_pod_guest_cpu_seconds_total 5.0\n",
                        "saya_pod_overhead_cpu_seconds_total 5.0\n");
    }

    @Test
    void isNotToldWhereOneIsLateAndGoesOnAsIfNothingHadBeen() {
        var _ = scrape(10, List.of(one, two), Map.of(one, 2, two, 3), 0);
        assertThat(scrape(11, List.of(one, two), Map.of(one, 2), 1)).isEmpty();
        assertThat(scrape(12, List.of(one, two), Map.of(one, 2, two, 4), 0))
                .contains("saya_pod_guest_cpu_seconds_total 6.0\n");
    }

    @Test
    void keepsTheTimeOfOneOfWhichTheGuestTellsNothingAnyMoreAndOfOneThatIsGone() {
        var _ = scrape(10, List.of(one, two), Map.of(one, 2, two, 3), 0);
        assertThat(scrape(11, List.of(one, two), Map.of(one, 2), 0))
                .as("two has ended")
                .contains("saya_pod_guest_cpu_seconds_total 5.0\n");
        assertThat(scrape(12, List.of(one), Map.of(one, 2), 0))
                .as("two is deleted")
                .contains("saya_pod_guest_cpu_seconds_total 5.0\n");
        Container again = container("two");
        assertThat(scrape(20, List.of(one, again), Map.of(one, 2, again, 7), 0))
                .as("another one of its name")
                .contains("saya_pod_guest_cpu_seconds_total 12.0\n");
    }

    private String scrape(
            long hostSeconds, List<Container> all, Map<Container, Integer> guestSeconds, int late) {
        Map<String, Long> stat = Map.of("utime", hostSeconds * 100, "stime", 0L);
        HostProcesses host =
                new HostProcesses(
                        Map.of(Role.QEMU, new ProcessReading(stat, Map.of(), Map.of(), 1, 1)),
                        Map.of());
        Map<Container, ContainerUsage> usage = new java.util.HashMap<>();
        guestSeconds.forEach(
                (container, seconds) ->
                        usage.put(
                                container,
                                ContainerUsage.NONE.withCpuTime(
                                        new CpuTime(seconds * 1_000_000_000L, 0, 0, List.of()))));
        Exposition out = new Exposition();
        out.begin(TextFormat.PROMETHEUS);
        overhead.write(host, new GuestReading(true, Optional.empty(), usage, late), all, out);
        return out.text();
    }

    private static Container container(String id) {
        ProcessStdio stdio =
                (ProcessStdio)
                        Proxy.newProxyInstance(
                                ProcessStdio.class.getClassLoader(),
                                new Class<?>[] {ProcessStdio.class},
                                (_, method, _) -> {
                                    throw new AssertionError(method);
                                });
        return new Container(
                id,
                Path.of("/none"),
                ContainerKind.POD_CONTAINER,
                new ContainerProcess(id, TaskIo.NONE, stdio),
                new ContainerFigures(id, () -> ContainerUsage.NONE, Optional::empty));
    }
}
