package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerStatsRequest;
import io.saya.proto.cri.PodSandboxStatsRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a sandbox tells a scraper, against what was done to it. */
@WithProduct
final class MetricsTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String GUEST_PRESSURE = "saya_guest_pressure_seconds_total";
    private static final long MIB = 1 << 20;

    private static String of(String metric, String container, String name) {
        return "%s{container_id=\"%s\",container_name=\"%s\"}".formatted(metric, container, name);
    }

    @Test
    void eachMetricOfTheTableIsThereAndNoOther() throws IOException {
        var pod = pod();
        var container = pod.idle("app");
        assertThat(pod.exec(container, "false").status()).isEqualTo(1);
        // Some are there from the second scrape on.
        var _ = Scraped.of(pod.id());
        var scraped = whole(pod);
        assertThat(scraped.samples())
                .as("series of a pod with one container")
                .hasSizeLessThan(2000);
        var told = new TreeSet<String>();
        scraped.text()
                .lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ", -1)[2])
                .filter(name -> !name.startsWith("kata_guest_") && !name.startsWith("kata_agent_"))
                .forEach(told::add);
        assertThat(scraped.has("kata_guest_load")).isTrue();
        assertThat(scraped.has("kata_agent_threads")).isTrue();
        var table = new TreeSet<String>();
        for (String line : Files.readAllLines(table())) {
            if (line.startsWith("| `") && !line.contains("*`")) {
                table.add(line.substring(3, line.indexOf('`', 3)));
            }
        }
        // What a healthy container without limits does not have.
        table.remove("saya_container_memory_limit_bytes");
        table.remove("saya_container_processes_limit");
        table.remove("saya_trace_spans_total");
        told.remove("saya_container_processes_limit");
        // Nothing failed; a guest's kernel may not measure pressure.
        for (var name : List.of("saya_agent_call_errors_total", GUEST_PRESSURE)) {
            table.remove(name);
            told.remove(name);
        }
        assertThat(told).isEqualTo(table);
    }

    private static Path table() {
        var here = Path.of("shim/metrics.md");
        return Files.exists(here) ? here : Path.of("..").resolve(here);
    }

    @Test
    void aHundredExecsAreAHundred() {
        var pod = pod();
        var container = pod.idle("app");
        var before = Scraped.of(pod.id());
        for (int i = 0; i < 100; i++) {
            assertThat(pod.exec(container, "true").status()).isZero();
        }
        var after = Scraped.of(pod.id());
        for (var sample :
                new String[] {
                    "saya_task_call_duration_seconds_count{action=\"exec\",outcome=\"ok\"}",
                    "saya_agent_call_duration_seconds_count{action=\"ExecProcess\",outcome=\"ok\"}",
                    "kata_shim_rpc_durations_histogram_milliseconds_count{action=\"exec\"}",
                    "saya_exits_total{target=\"exec\",cause=\"zero\"}"
                }) {
            assertThat(after.value(sample) - before.samples().getOrDefault(sample, 0.0))
                    .as(sample)
                    .isEqualTo(100);
        }
    }

    @Test
    void aKnownLoadAndMemoryAreSeenAndAgreeWithStats() {
        var pod = pod();
        var hungry = pod.started("hungry", "head -c 50000000 /dev/zero > /dev/shm/x; sleep 1000");
        var usage = of("saya_container_memory_usage_bytes", hungry, "hungry");
        // Of a guest that gets too little of the host there may be no figures in time.
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        Scraped.of(pod.id()).samples().getOrDefault(usage, 0.0)
                                                > 50_000_000))
                .isTrue();
        var busy = pod.started("busy", "while :; do :; done");
        var cpu = of("saya_container_cpu_seconds_total", busy, "busy");
        var before = whole(pod);
        var ranBefore = vcpuSeconds(before);
        // Not by scraping: that is work for the guest, beside the loop.
        var qemu = Host.processes("qemu-system", pod.id()).getFirst();
        var enough = processorTime(qemu).plusSeconds(15);
        assertThat(Wait.until(LIMIT, () -> processorTime(qemu).compareTo(enough) > 0)).isTrue();
        var after = whole(pod);
        // All that the virtual processor ran was for the loop, but for the scrapes themselves: some
        // tenths of a second, emulated. Both are what the host has spent.
        var ran = vcpuSeconds(after) - ranBefore;
        assertThat(after.value(cpu) - before.value(cpu)).isBetween(0.9 * ran, 1.1 * ran);
        assertThat(after.value(usage)).isBetween(50_000_000.0, 60_000_000.0);
        assertThat(after.value("saya_pod_host_memory_bytes"))
                .isGreaterThan(after.value("saya_pod_guest_memory_bytes"));
        assertThat(after.value("saya_pod_host_cpu_seconds_total"))
                .isGreaterThanOrEqualTo(after.value("saya_pod_guest_cpu_seconds_total"));
        var stats =
                node().cri()
                        .runtime()
                        .containerStats(
                                ContainerStatsRequest.newBuilder().setContainerId(hungry).build())
                        .getStats();
        assertThat((double) stats.getMemory().getUsageBytes().getValue())
                .isBetween(0.95 * after.value(usage), 1.05 * after.value(usage));
        assertThat((double) stats.getMemory().getWorkingSetBytes().getValue())
                .isBetween(
                        after.value(of("saya_container_memory_working_set_bytes", hungry, "hungry"))
                                - MIB,
                        after.value(usage) + MIB);
    }

    @Test
    void aPodsFiguresAgreeWithPodSandboxStats() {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        var hungry = pod.started("hungry", "head -c 50000000 /dev/zero > /dev/shm/x; sleep 1000");
        var usage = of("saya_container_memory_usage_bytes", hungry, "hungry");
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        Scraped.of(pod.id()).samples().getOrDefault(usage, 0.0)
                                                > 50_000_000))
                .isTrue();
        var before = whole(pod);
        var used = cgroup.usedMemory();
        var stats =
                node().cri()
                        .runtime()
                        .podSandboxStats(
                                PodSandboxStatsRequest.newBuilder()
                                        .setPodSandboxId(pod.id())
                                        .build())
                        .getStats()
                        .getLinux();
        var after = whole(pod);
        // What the kernel counts for the pod's cgroup, by the processes that are in it: QEMU's
        // first milliseconds were elsewhere.
        assertThat(stats.getCpu().getUsageCoreNanoSeconds().getValue() / 1e9)
                .isBetween(0.9 * vmSeconds(before) - 0.2, vmSeconds(after) + 0.2);
        var host =
                after.value("saya_pod_host_memory_bytes")
                        - after.value("saya_process_private_memory_bytes{process=\"shim\"}")
                        - after.value("saya_process_private_memory_bytes{process=\"guard\"}");
        assertThat(stats.getMemory().getUsageBytes().getValue())
                .isBetween(used - 8 * MIB, cgroup.usedMemory() + 8 * MIB);
        // But for page cache, which is no process's.
        assertThat((double) cgroup.heldMemory()).isBetween(0.9 * host, 1.1 * host);
        var container = stats.getContainers(0);
        assertThat(container.getAttributes().getId()).isEqualTo(hungry);
        assertThat((double) container.getMemory().getUsageBytes().getValue())
                .isBetween(0.95 * after.value(usage), 1.05 * after.value(usage));
        var cpu = of("saya_container_cpu_seconds_total", hungry, "hungry");
        assertThat(container.getCpu().getUsageCoreNanoSeconds().getValue() / 1e9)
                .isBetween(before.value(cpu) - 0.001, after.value(cpu) + 0.001);
    }

    /** Processor time of what is in the pod's cgroup. */
    private static double vmSeconds(Scraped scraped) {
        return scraped.samples().entrySet().stream()
                .filter(
                        sample ->
                                sample.getKey()
                                        .matches(
                                                "saya_process_cpu_seconds_total\\{process=\"(qemu|virtiofsd)\".*"))
                .mapToDouble(java.util.Map.Entry::getValue)
                .sum();
    }

    private static Duration processorTime(long pid) {
        return ProcessHandle.of(pid).flatMap(each -> each.info().totalCpuDuration()).orElseThrow();
    }

    /** An answer with the figures of all containers: under load not each one has them. */
    private static Scraped whole(Pod pod) {
        var found = new Scraped[1];
        assertThat(
                        Wait.until(
                                LIMIT,
                                () -> {
                                    found[0] = Scraped.of(pod.id());
                                    return found[0].value("saya_containers_late") == 0
                                            && found[0].value("saya_guest_answered") == 1;
                                }))
                .isTrue();
        return found[0];
    }

    private static double vcpuSeconds(Scraped scraped) {
        return scraped.samples().entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("saya_vcpu_cpu_seconds_total{"))
                .mapToDouble(java.util.Map.Entry::getValue)
                .sum();
    }

    @Test
    void killsAndFailuresAreCounted() {
        var pod = pod();
        var container = pod.started("app", "trap '' TERM; while :; do sleep 0.1; done");
        var began = System.nanoTime();
        pod.stop(container, Duration.ZERO);
        var took = (System.nanoTime() - began) / 1e9;
        var scraped = Scraped.of(pod.id());
        assertThat(scraped.value("saya_exits_total{target=\"container\",cause=\"signal\"}"))
                .isEqualTo(1);
        assertThat(scraped.value("saya_kill_to_stopped_seconds_count{target=\"container\"}"))
                .isEqualTo(1);
        assertThat(scraped.value("saya_kill_to_stopped_seconds_sum{target=\"container\"}"))
                .isPositive()
                .isLessThan(took);
    }

    @Test
    void aDeafGuestCostsAScrapeNoMoreThanFiveSeconds() {
        var pod = pod();
        var container = pod.idle("app");
        var _ = whole(pod);
        var qemu = Host.processes("qemu-system", pod.id()).getFirst();
        Host.signal(qemu, "STOP");
        // One of several: a host that is busy may keep the daemon itself from answering.
        var answer = new Scraped[1];
        assertThat(
                        Wait.until(
                                LIMIT,
                                () -> {
                                    var began = System.nanoTime();
                                    answer[0] = Scraped.of(pod.id());
                                    return Duration.ofNanos(System.nanoTime() - began)
                                                    .compareTo(Duration.ofSeconds(5))
                                            < 0;
                                }))
                .isTrue();
        var deaf = answer[0];
        assertThat(deaf.value("saya_guest_answered")).isZero();
        assertThat(deaf.has("kata_guest_load")).isFalse();
        assertThat(deaf.has("saya_container_memory_usage_bytes")).isFalse();
        assertThat(deaf.has("saya_pod_overhead_memory_bytes")).isFalse();
        assertThat(deaf.value("saya_process_threads{process=\"qemu\"}")).isPositive();
        assertThat(deaf.value(of("saya_container_info", container, "app"))).isEqualTo(1);
    }

    @Test
    void openMetricsIsForThoseWhoAsk() {
        var pod = pod();
        var _ = pod.idle("app");
        var text = Scraped.of(pod.id(), "application/openmetrics-text;version=1.0.0").text();
        assertThat(text)
                .endsWith("# EOF\n")
                .contains("# TYPE saya_exits counter\n", "\nsaya_exits_total{target=");
    }
}
