package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The daemon of a pod is killed again and again while three containers write and an exec runs. Part
 * of the fault suite (test/README.md, "Faults"), though it needs pods.
 */
@WithProduct
final class DaemonKillsTest extends SurvivorsSuite {
    /** For another daemon to be started, to take over, and to carry a call out, on a busy host. */
    private static final Duration SERVED_AGAIN = Duration.ofSeconds(20);

    private static final boolean FULL = "1".equals(System.getProperty("saya.full"));
    private static final int KILLS = Integer.getInteger("saya.restarts", FULL ? 100 : 3);

    /** As many as a pod survives within an hour. */
    private static final int KILLS_OF_A_POD = 10;

    private static final String FLOODING =
            "trap 'exit 0' TERM; while :; do seq 1000000 1001999; sleep 0.01; done";

    @Test
    @Timeout(3600)
    void aPodGoesOnWithAnotherDaemonAndNoLineIsLost() throws Exception {
        var took = new ArrayList<Long>();
        for (int done = 0; done < KILLS; done += KILLS_OF_A_POD) {
            took.addAll(aPodWhoseDaemonDies(Math.min(KILLS_OF_A_POD, KILLS - done)));
        }
        took.sort(null);
        System.out.printf(
                "exec after the death of a daemon, ms: median %d, highest %d, of %d%n",
                took.get(took.size() / 2), took.getLast(), took.size());
    }

    /** Returns how long it took each time from the death to the output of an exec, in ms. */
    private List<Long> aPodWhoseDaemonDies(int times) throws Exception {
        var took = new ArrayList<Long>();
        var pod = pod();
        var counters = List.of(pod.started("first", COUNT), pod.started("second", COUNT));
        var flood = pod.started("flood", FLOODING);
        var ended = pod.started("ended", "exit 3");
        assertThat(pod.exited(ended).getExitCode()).isEqualTo(3);
        var machines = Host.processes("qemu-system", pod.id());
        for (int i = 1; i <= times; i++) {
            var daemon = Host.process("/bin/java", pod.id());
            var running =
                    CompletableFuture.supplyAsync(
                            () ->
                                    pod.exec(
                                            counters.getFirst(),
                                            "sh",
                                            "-c",
                                            "echo begun; sleep 3; echo over"));
            awaitLines(pod, counters.getFirst(), pod.log(counters.getFirst()).size() + 50);
            var lines = pod.log(counters.getLast()).size();

            Host.kill(daemon);
            var begun = System.nanoTime();
            assertThat(pod.exec(counters.getLast(), "echo", "here").out()).isEqualTo("here\n");
            var elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            assertThat(elapsed).as("ms until served").isLessThan(SERVED_AGAIN.toMillis());
            took.add(elapsed);

            assertThat(running.get().out()).isEqualTo("begun\nover\n");
            awaitLines(pod, counters.getLast(), lines + 20);
            assertThat(Host.processes("/bin/java", pod.id())).hasSize(1).doesNotContain(daemon);
            assertThat(Host.processes("qemu-system", pod.id())).isEqualTo(machines);
            assertThat(pod.ready()).isTrue();
            assertThat(Ran.run(LIMIT, saya(), "ps", pod.id()).succeeded().out())
                    .contains("Daemons that died before: " + i);
        }
        for (var counter : counters) {
            pod.stop(counter, LIMIT);
            assertThat(pod.exited(counter).getExitCode()).isZero();
            assertNothingIsMissing(pod.log(counter), 0, Integer.MAX_VALUE, times);
        }
        pod.stop(flood, LIMIT);
        var flooded = pod.log(flood);
        // The signal that ended it may have come in the middle of a line.
        assertNothingIsMissing(flooded.subList(0, flooded.size() - 1), 1_000_000, FLOOD, times);
        for (var container : List.of(counters.getFirst(), counters.getLast(), flood, ended)) {
            pod.remove(container);
        }
        stopAndLookAround(pod);
        return took;
    }
}
