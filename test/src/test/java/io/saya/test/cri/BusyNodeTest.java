package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.StatusRuntimeException;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pod that gets next to no processor is slow, and nothing worse. */
@WithProduct
final class BusyNodeTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Above what the health check of this node allows an agent. */
    private static final Duration SHORT = Duration.ofSeconds(12);

    private static final Duration LONG = Duration.ofMinutes(10);

    /** Everything runs on the one processor that QEMU has as well. */
    private static final int LOOPS = 6;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no health check");
    }

    @Override
    protected Node newNode() {
        return Node.with("[agent.kata]\nhealth_check_request_timeout_ms = 5000\n");
    }

    @Test
    void aBestEffortPodBesideBusyLoopsLives() throws Exception {
        livesFor(SHORT);
    }

    @Test
    @Tag("full")
    @Timeout(900)
    void aBestEffortPodBesideBusyLoopsLivesForTenMinutes() throws Exception {
        livesFor(LONG);
    }

    private void livesFor(Duration time) throws Exception {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        // Busy itself: an idle guest seldom asks for the processor, and waits for it as seldom.
        var container = pod.started("main", "while :; do :; done");
        var vmm = Host.processes("qemu-system", pod.id()).getFirst();
        // Now, so that it boots on a machine that is busy with other things.
        cgroup.bestEffort();
        // Which fails if a thread ends that it has just found.
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        Ran.run(LIMIT, "taskset", "-acp", "0", vmm.toString())
                                                        .status()
                                                == 0))
                .isTrue();
        var loops = new ArrayList<Process>();
        try {
            for (var i = 0; i < LOOPS; i++) {
                loops.add(
                        new ProcessBuilder("taskset", "-c", "0", "sh", "-c", "while :; do :; done")
                                .start());
            }
            var before = processorTime(vmm);
            var until = System.nanoTime() + time.toNanos();
            Wait.until(time, () -> !pod.ready() || System.nanoTime() > until);
            assertThat(pod.ready()).as(() -> node().containerd().log()).isTrue();
            // Or nothing was tried: the guest would use a whole processor.
            assertThat(processorTime(vmm).minus(before)).isLessThan(time.dividedBy(20));
        } finally {
            cgroup.normal();
            for (var loop : loops) {
                loop.destroyForcibly().waitFor();
            }
        }
        try {
            assertThat(pod.exec(container, "echo", "lives").out()).isEqualTo("lives\n");
        } catch (StatusRuntimeException e) {
            throw new AssertionError(node().containerd().log(), e);
        }
    }

    private static Duration processorTime(long pid) {
        return ProcessHandle.of(pid).flatMap(each -> each.info().totalCpuDuration()).orElseThrow();
    }
}
