package io.saya.test.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.PodSandboxStatsRequest;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.test.cri.Node;
import io.saya.test.cri.Pod;
import io.saya.test.cri.PodCgroup;
import io.saya.test.cri.PodSuite;
import io.saya.test.cri.Scraped;
import io.saya.test.fault.Hand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code saya monitor} on a node with sandboxes of all kinds. */
@WithProduct
@Timeout(900)
final class MonitorTest extends PodSuite {
    private static final Path SHIPPED = shipped();
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final boolean FULL = "1".equals(System.getProperty("saya.full"));

    /** Scrapes, one in ten seconds: a minute, or five. */
    private static final int SCRAPES = FULL ? 30 : 7;

    private static final int EXECS = FULL ? 100 : 10;

    /** Families of the table that a node in order may lack, and why. */
    private static final Set<String> MAY_LACK =
            Set.of(
                    // Without such a limit.
                    "saya_container_memory_limit_bytes",
                    "saya_container_processes_limit",
                    // Without tracing.
                    "saya_trace_spans_total",
                    // As long as nothing has failed, or been dropped.
                    "saya_task_call_errors_total",
                    "saya_agent_call_errors_total",
                    "saya_guest_metrics_dropped_total",
                    // As long as nothing was killed.
                    "saya_kill_to_stopped_seconds");

    /** Expressions of dashboard and rules that a node in order may answer with nothing. */
    private static final List<String> MAY_BE_EMPTY =
            List.of(
                    "saya_task_call_errors_total",
                    "saya_agent_call_errors_total",
                    "target:saya_kill_to_stopped_seconds",
                    "saya_kill_to_stopped_seconds_bucket",
                    // Alerts, which are silent on a node in order.
                    "up{job=\"saya-monitor\"} == 0",
                    "saya_monitor_sandbox_up == 0",
                    "increase(saya_monitor_start_failures_total[15m]) > 0",
                    "saya_monitor_sandboxes_left_behind > 0",
                    "saya_monitor_declared_overhead_bytes > 0");

    @TempDir Path directory;
    private @Nullable Path hands;

    /**
     * A node whose guests have a hand in them that makes them deaf. Their daemons do not take them
     * for lost: the minutes of a deaf guest that this test wants would be half a minute else.
     */
    @Override
    protected Node newNode() {
        Path product = Path.of(Objects.requireNonNull(System.getProperty("saya.product")));
        Path guest =
                Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "saya-hand-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(guest);
            hands = guest;
            Ran.run(
                            LIMIT,
                            product.resolve("../../../test/fault/guest.sh").normalize().toString(),
                            product.toString(),
                            guest.toString())
                    .succeeded();
            String settings =
                    Files.readString(guest.resolve("configuration.toml"))
                            .replaceAll("(health_check_request_timeout_ms) = .*", "$1 = 3600000");
            return Node.with(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    void removeHands() {
        Ran.run(LIMIT, "rm", "-rf", "--one-file-system", Objects.requireNonNull(hands).toString())
                .succeeded();
    }

    private static Path shipped() {
        Path here = Path.of("packaging/observability");
        return Files.exists(here) ? here : Path.of("..").resolve(here);
    }

    private Daemon monitor() {
        return Daemon.start(
                directory,
                Map.of(),
                "/healthz",
                List.of(
                        Path.of(System.getProperty("saya.product"), "bin", "saya").toString(),
                        "monitor",
                        "--listen-address",
                        "127.0.0.1:%d",
                        "--runtime-endpoint",
                        node().containerd().address()));
    }

    private static String named(Pod pod) {
        return "{cri_name=\"" + pod.config().getMetadata().getName() + "\"}";
    }

    @Test
    void aPrometheusSeesEverySandboxOfTheNode() throws IOException {
        PodCgroup cgroup = cgroup();
        Pod idle = pod();
        String execs = idle.idle("app");
        Pod declared =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setOverhead(
                                                        LinuxContainerResources.newBuilder()
                                                                .setMemoryLimitInBytes(
                                                                        123 << 20))));
        declared.idle("app");
        Pod busy = pod();
        busy.started("load", "while :; do :; done");
        Pod two =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setCgroupParent(cgroup.path())));
        two.idle("one");
        two.idle("two");
        two.started("hungry", "head -c 30000000 /dev/zero > /dev/shm/x; sleep 100000");
        Pod deaf = pod();
        deaf.idle("app");
        try (Daemon monitor = monitor();
                Prometheus prometheus =
                        Prometheus.start(
                                directory, SHIPPED.resolve("prometheus"), monitor.port())) {
            Hand.tell(Scraped.runDirectory(deaf.id()), "freeze");
            for (int i = 0; i < EXECS; i++) {
                assertThat(idle.exec(execs, "true").status()).isZero();
            }
            assertThat(
                            Wait.until(
                                    Duration.ofSeconds(20L * SCRAPES),
                                    () -> prometheus.value("count_over_time(up[1h])") >= SCRAPES))
                    .as(prometheus.log())
                    .isTrue();
            assertThat(prometheus.value("min_over_time(up[1h])")).isEqualTo(1);
            assertThat(prometheus.value("count(saya_monitor_sandbox_up == 1)"))
                    .as(() -> Http.get(monitor.uri("/sandboxes")))
                    .isEqualTo(5);
            familiesHaveSamples(prometheus);
            expressionsHaveData(prometheus);

            assertThat(prometheus.value("saya_guest_answered" + named(deaf))).isZero();
            assertThat(prometheus.value("count(saya_guest_answered == 1)")).isEqualTo(4);
            assertThat(prometheus.value("saya_sandbox_containers" + named(two))).isEqualTo(4);
            assertThat(
                            prometheus.value(
                                    "saya_container_memory_usage_bytes{container_name=\"hungry\"}"))
                    .isBetween(30_000_000.0, 40_000_000.0);
            assertThat(
                            prometheus.value(
                                    "saya_task_call_duration_seconds_count{action=\"exec\",outcome=\"ok\"} * on(sandbox_id) saya_monitor_sandbox_info"
                                            + named(idle)))
                    .isEqualTo(EXECS);
            agreeWithPodSandboxStats(prometheus, two);
            assertThat(prometheus.value("saya_monitor_declared_overhead_bytes" + named(declared)))
                    .isEqualTo(123 << 20);
            assertThat(
                            prometheus.value(
                                    "count(saya_monitor_sandbox_info{runtime=\"saya\",runtime_handler=\"saya\",cri_namespace=\"tests\"})"))
                    .isEqualTo(5);
            // What the virtual processor ran was the loop, and what a scrape costs a guest: at most
            // what the idle one ran, a part of which the guest's kernel counts as the loop's.
            double loop =
                    prometheus.value(
                            "sum(rate(saya_container_cpu_seconds_total" + named(busy) + "[50s]))");
            double ran = virtualProcessors(prometheus, busy);
            double overhead = virtualProcessors(prometheus, idle);
            assertThat(loop).isBetween(0.9 * (ran - overhead), 1.1 * ran);
            double largest = prometheus.value("max(count by (sandbox_id) ({sandbox_id!=\"\"}))");
            System.out.println("series of a sandbox, at most: " + largest);
            assertThat(largest).isBetween(100.0, 3000.0);
        }
        two.stop();
        two.remove();
    }

    /** What {@code kubectl top} shows, which the kubelet asks for. */
    private void agreeWithPodSandboxStats(Prometheus prometheus, Pod pod) {
        var stats =
                node().cri()
                        .runtime()
                        .podSandboxStats(
                                PodSandboxStatsRequest.newBuilder()
                                        .setPodSandboxId(pod.id())
                                        .build())
                        .getStats()
                        .getLinux();
        String vm =
                "sum(saya_process_cpu_seconds_total{process=~\"qemu|virtiofsd\"} * on(sandbox_id)"
                        + " group_left() saya_monitor_sandbox_info"
                        + named(pod)
                        + ")";
        // The scrape was up to ten seconds earlier, and QEMU's first moments were elsewhere.
        assertThat(stats.getCpu().getUsageCoreNanoSeconds().getValue() / 1e9)
                .isBetween(0.9 * prometheus.value(vm) - 0.2, prometheus.value(vm) + 15);
        assertThat(stats.getContainersList()).hasSize(3);
        for (var container : stats.getContainersList()) {
            double memory =
                    prometheus.value(
                            "saya_container_memory_usage_bytes{container_id=\""
                                    + container.getAttributes().getId()
                                    + "\"}");
            assertThat((double) container.getMemory().getUsageBytes().getValue())
                    .as(container.getAttributes().getMetadata().getName())
                    .isBetween(0.95 * memory - (1 << 20), 1.05 * memory + (1 << 20));
        }
    }

    private static double virtualProcessors(Prometheus prometheus, Pod pod) {
        return prometheus.value("sum(rate(saya_vcpu_cpu_seconds_total" + named(pod) + "[50s]))");
    }

    private static void familiesHaveSamples(Prometheus prometheus) throws IOException {
        Set<String> missing = new TreeSet<>();
        for (String line : Files.readAllLines(SHIPPED.resolve("../../shim/metrics.md"))) {
            if (line.startsWith("| `") && !line.contains("*`")) {
                String family = line.substring(3, line.indexOf('`', 3));
                String name = "{__name__=~\"" + family + "(_bucket)?\"}";
                if (!MAY_LACK.contains(family)
                        && prometheus.query("count(" + name + ")").isEmpty()) {
                    missing.add(family);
                }
            }
        }
        assertThat(missing).as("families of the table without samples").isEmpty();
    }

    private static void expressionsHaveData(Prometheus prometheus) throws IOException {
        List<String> expressions = new ArrayList<>(prometheus.rules());
        assertThat(expressions).hasSizeGreaterThan(10);
        Matcher panel =
                Pattern.compile("\"expr\": \"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"")
                        .matcher(Files.readString(SHIPPED.resolve("grafana/saya.json")));
        while (panel.find()) {
            expressions.add(
                    Prometheus.unescaped(panel.group(1))
                            .replaceAll("\\$(instance|namespace|sandbox)", ".*"));
        }
        Files.readAllLines(SHIPPED.resolve("grafana/kata-dashboard.queries")).stream()
                .filter(line -> !line.startsWith("#"))
                .forEach(expressions::add);
        assertThat(expressions).hasSizeGreaterThan(80);
        List<String> empty = new ArrayList<>();
        for (String expression : expressions) {
            if (prometheus.query(expression).isEmpty()
                    && MAY_BE_EMPTY.stream().noneMatch(expression::contains)) {
                empty.add(expression);
            }
        }
        assertThat(empty).as("expressions without data").isEmpty();
    }

    @Test
    void aBrowserShowsSandboxesComeAndGoAndTheirFiguresChange() {
        Pod stays = pod();
        String container = stays.idle("app");
        Pod goes = pod();
        goes.idle("app");
        try (Daemon monitor = monitor();
                Browser browser = Browser.start(directory)) {
            browser.open(monitor.uri("/"));
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () ->
                                            rows(browser).equals("2")
                                                    && browser.evaluate("document.body.innerText")
                                                            .contains("running")))
                    .as(() -> browser.evaluate("document.body.innerText"))
                    .isTrue();
            assertThat(browser.evaluate("document.body.innerText"))
                    .contains("tests/" + stays.config().getMetadata().getName())
                    .contains("tests/" + goes.config().getMetadata().getName());
            assertThat(Wait.until(LIMIT, () -> cpu(browser, stays).matches("0\\.[0-9]{2}.*")))
                    .isTrue();
            String before = cpu(browser, stays);
            var _ = stays.exec(container, "sh", "-c", "(while :; do :; done) > /dev/null 2>&1 &");
            assertThat(
                            Wait.until(
                                    LIMIT,
                                    () -> {
                                        String now = cpu(browser, stays);
                                        return now.matches("[0-9]+\\.[0-9]{2}.*")
                                                && cores(now) > cores(before) + 0.1;
                                    }))
                    .as(() -> "processor before " + before + ", now " + cpu(browser, stays))
                    .isTrue();
            assertThat(browser.evaluate("document.querySelectorAll('tbody path.line').length"))
                    .isEqualTo("4");
            browser.screenshot(Path.of(System.getProperty("saya.results"), "monitor.png"));
            goes.stop();
            goes.remove();
            assertThat(Wait.until(LIMIT, () -> rows(browser).equals("1"))).isTrue();
        }
    }

    private static String rows(Browser browser) {
        return browser.evaluate("document.querySelectorAll('#rows tr').length");
    }

    private static String cpu(Browser browser, Pod pod) {
        return browser.evaluate(
                "(document.querySelector('tr[data-id^=\\\""
                        + pod.id()
                        + "\\\"] .cores-cell') || {}).innerText");
    }

    private static double cores(String text) {
        return Double.parseDouble(text.replaceAll("(?s)[^0-9.].*", ""));
    }
}
