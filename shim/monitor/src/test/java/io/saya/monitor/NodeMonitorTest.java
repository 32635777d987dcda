package io.saya.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.JsonObject;
import io.saya.monitor.scrape.FailureReason;
import io.saya.monitor.scrape.ScrapeLimits;
import io.saya.monitor.scrape.Scraped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Finding sandboxes, and asking them within bounds. */
class NodeMonitorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String UP = "# TYPE saya_scrapes_total counter\nsaya_scrapes_total 1\n";

    private Path base = Path.of("/");
    private FakeNode node = new FakeNode(base);

    @BeforeEach
    void makeNode() throws IOException {
        // A socket's path has at most 107 bytes, so no @TempDir.
        base = Files.createTempDirectory(Path.of("/tmp"), "mon");
        node = new FakeNode(base);
    }

    @AfterEach
    void removeNode() throws IOException {
        node.close();
        FakeNode.remove(base);
    }

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("within 20 s: " + what).isLessThan(end);
            Thread.sleep(20);
        }
    }

    private NodeMonitor monitor(Duration one, int bytes) throws IOException {
        ScrapeLimits limits =
                new ScrapeLimits(one, Duration.ofSeconds(15), 4, bytes, 100, 100_000, 10_000);
        return NodeMonitor.start(
                new MonitorOptions(node.options().roots(), node.options().criSocket(), limits));
    }

    @Test
    void itFindsSandboxesThatComeAndForgetsThoseThatGo() throws Exception {
        try (NodeMonitor monitor = NodeMonitor.start(node.options())) {
            assertThat(monitor.sandboxes()).isEmpty();
            // The directory of run directories does not exist until the first sandbox.
            Path first = node.answering("first", UP);
            Path second = node.kataSandbox("second", UP);
            until("two sandboxes", () -> monitor.sandboxes().size() == 2);
            FakeNode.remove(first);
            until("one sandbox", () -> monitor.sandboxes().size() == 1);
            FakeNode.remove(second);
            until("none", () -> monitor.sandboxes().isEmpty());
            assertThat(monitor.ownMetrics(List.of()))
                    .contains("saya_monitor_sandboxes_ended_total 2.0\n")
                    .contains("saya_monitor_start_failures_total 0.0\n");
        }
    }

    @Test
    void aSandboxThatGoesBeforeItsGuestIsUpIsAStartThatFailed() throws Exception {
        try (NodeMonitor monitor = NodeMonitor.start(node.options())) {
            Path directory = node.booting("fails");
            until("found", () -> monitor.sandboxes().size() == 1);
            assertThat(monitor.scrapeAll(PATIENCE).getFirst()).isInstanceOf(Scraped.Booting.class);
            FakeNode.remove(directory);
            until(
                    "counted",
                    () ->
                            monitor.ownMetrics(List.of())
                                    .contains("saya_monitor_start_failures_total 1.0\n"));
        }
    }

    @Test
    void whatIsWrongWithOneSandboxCostsItsOwnLinesOnly() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (NodeMonitor monitor = monitor(Duration.ofSeconds(2), 4096)) {
            node.answering("well", UP);
            node.dead("dead");
            node.sandbox("silent", client -> end.await());
            node.sandbox(
                    "slow",
                    client -> {
                        FakeNode.write(client, "HTTP/1.1 200 OK\r\n\r\n");
                        for (int i = 0; i < 1000; i++) {
                            FakeNode.write(client, "#\n");
                            Thread.sleep(100);
                        }
                    });
            node.sandbox("endless", NodeMonitorTest::endless);
            node.sandbox(
                    "long",
                    client ->
                            FakeNode.write(
                                    client,
                                    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
            node.sandbox(
                    "chunks",
                    client ->
                            FakeNode.write(
                                    client,
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"));
            node.sandbox("rude", client -> FakeNode.write(client, "go away\r\n\r\n"));
            node.sandbox("broken", client -> FakeNode.write(client, "HTTP/1.1 500 No\r\n\r\n"));
            until("all are found", () -> monitor.sandboxes().size() == 9);
            List<Scraped> round = monitor.scrapeAll(PATIENCE);
            end.countDown();

            assertThat(reason(round, "dead")).isEqualTo(FailureReason.UNREACHABLE);
            assertThat(reason(round, "silent")).isEqualTo(FailureReason.TIMEOUT);
            assertThat(reason(round, "slow")).isEqualTo(FailureReason.TIMEOUT);
            assertThat(reason(round, "endless")).isEqualTo(FailureReason.TOO_LARGE);
            assertThat(reason(round, "long")).isEqualTo(FailureReason.TOO_LARGE);
            assertThat(reason(round, "chunks")).isEqualTo(FailureReason.TOO_LARGE);
            assertThat(reason(round, "rude")).isEqualTo(FailureReason.BAD_ANSWER);
            assertThat(reason(round, "broken")).isEqualTo(FailureReason.BAD_ANSWER);
            assertThat(round).filteredOn(result -> result instanceof Scraped.Answered).hasSize(1);
            assertThat(monitor.ownMetrics(round))
                    .contains("saya_monitor_scrape_failures_total{reason=\"timeout\"} 2.0\n")
                    .contains("saya_monitor_sandboxes_left_behind 1\n")
                    .contains("kata_monitor_scrape_failed_count 8.0\n")
                    .containsPattern("saya_monitor_sandbox_up\\{sandbox_id=\"dead\"[^}]*} 0\n")
                    .containsPattern("saya_monitor_sandbox_up\\{sandbox_id=\"well\"[^}]*} 1\n");
        }
    }

    @Test
    void aRoundHasAnEndHoweverManyAreSilent() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        ScrapeLimits limits =
                new ScrapeLimits(
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(2),
                        4,
                        4096,
                        100,
                        100_000,
                        10_000);
        try (NodeMonitor monitor =
                NodeMonitor.start(
                        new MonitorOptions(
                                node.options().roots(), node.options().criSocket(), limits))) {
            for (int i = 0; i < 20; i++) {
                node.sandbox("silent" + i, client -> end.await());
            }
            node.answering("well", UP);
            until("all are found", () -> monitor.sandboxes().size() == 21);
            // Four are asked at once, so after five rounds all that are silent are known to be.
            int rounds = 1;
            while (!answered(monitor.scrapeAll(PATIENCE)).contains("well")) {
                assertThat(++rounds).as("rounds until it was asked").isLessThanOrEqualTo(6);
            }
            // From then on it is asked first.
            long begun = System.nanoTime();
            assertThat(answered(monitor.scrapeAll(PATIENCE))).containsExactly("well");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PATIENCE);
            end.countDown();
        }
    }

    private static List<String> answered(List<Scraped> round) {
        return round.stream()
                .filter(result -> result instanceof Scraped.Answered)
                .map(result -> result.sandbox().id())
                .toList();
    }

    @Test
    void whoAsksWhileARoundIsUnderWaySharesIt() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (NodeMonitor monitor = NodeMonitor.start(node.options())) {
            node.sandbox(
                    "one",
                    client -> {
                        asked.incrementAndGet();
                        arrived.countDown();
                        goOn.await();
                        FakeNode.reply(client, UP);
                    });
            until("found", () -> monitor.sandboxes().size() == 1);
            AtomicInteger answers = new AtomicInteger();
            Thread first = asker(monitor, answers);
            arrived.await();
            Thread second = asker(monitor, answers);
            until("it waits", () -> second.getState() == Thread.State.WAITING);
            goOn.countDown();
            first.join();
            second.join();
            assertThat(asked).hasValue(1);
            assertThat(answers).hasValue(2);
        }
    }

    @Test
    void figuresAndTheirPastAreKeptWithinBounds() throws Exception {
        try (NodeMonitor monitor = NodeMonitor.start(node.options())) {
            Path bundle =
                    node.answering(
                            "pod1",
                            """
                            saya_sandbox_state{state="running"} 1
                            saya_sandbox_state{state="stopped"} 0
                            saya_pod_host_memory_bytes 1048576
                            saya_pod_host_cpu_seconds_total 2.5
                            saya_guest_answered 0
                            saya_start_phase_seconds{phase="kernel"} 0.75
                            """);
            Files.writeString(
                    bundle.resolve("config.json"),
                    """
                    {"annotations": {"io.kubernetes.cri.sandbox-name": "web",
                                     "io.kubernetes.cri.sandbox-namespace": "shop",
                                     "io.kubernetes.cri.sandbox-uid": "u-1"}}
                    """);
            until("found", () -> monitor.sandboxes().size() == 1);
            for (int i = 0; i < 3; i++) {
                monitor.scrapeAll(PATIENCE);
            }
            JsonObject json = monitor.sandboxesJson().objects().getFirst();
            assertThat(json.string("pod")).hasValue("web");
            assertThat(json.string("pod_namespace")).hasValue("shop");
            assertThat(json.string("state")).hasValue("running");
            assertThat(json.integer("memory_bytes")).hasValue(1048576);
            assertThat(json.string("last_failure"))
                    .hasValue("the agent in the guest does not answer");
            // Three at once are one point: a rate over no time says nothing.
            assertThat(json.array("history").orElseThrow().values()).hasSize(1);
            assertThat(monitor.labels(monitor.sandboxes().iterator().next()))
                    .isEqualTo(
                            "sandbox_id=\"pod1\",cri_name=\"web\",cri_namespace=\"shop\",cri_uid=\"u-1\"");
        }
    }

    private static void endless(java.nio.channels.SocketChannel client) throws IOException {
        FakeNode.write(client, "HTTP/1.1 200 OK\r\n\r\n");
        while (true) {
            FakeNode.write(client, "saya_x 1\n".repeat(1000));
        }
    }

    private static Thread asker(NodeMonitor monitor, AtomicInteger answers) {
        return Thread.ofPlatform()
                .start(
                        () -> {
                            try {
                                answers.addAndGet(monitor.scrapeAll(PATIENCE).size());
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
    }

    private static FailureReason reason(List<Scraped> round, String id) {
        for (Scraped result : round) {
            if (result.sandbox().id().equals(id)
                    && result
                            instanceof Scraped.Failed(var _, var _, FailureReason reason, var _)) {
                return reason;
            }
        }
        throw new AssertionError(id + " has not failed: " + round);
    }
}
