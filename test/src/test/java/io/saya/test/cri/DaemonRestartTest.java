package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code daemon_restarts}: a daemon that is killed while pods run, and another one in its place.
 */
@WithProduct
final class DaemonRestartTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** For another daemon to be started, to take over, and to carry a call out, on a busy host. */
    private static final Duration SERVED_AGAIN = Duration.ofSeconds(20);

    private static final boolean FULL = "1".equals(System.getProperty("saya.full"));
    private static final int KILLS = Integer.getInteger("saya.restarts", FULL ? 100 : 3);

    /** As many as a pod survives within an hour. */
    private static final int KILLS_OF_A_POD = 10;

    private static final String COUNT =
            "trap 'exit 0' TERM; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done";

    /** Lines of a length that pieces of output are multiples of. */
    private static final int FLOOD = 2000;

    private static final String FLOODING =
            "trap 'exit 0' TERM; while :; do seq 1000000 1001999; sleep 0.01; done";

    @Override
    protected @Nullable Node newNode() {
        return new Node(List.of(Node.BRIDGE), Map.of(), "[runtime]\ndaemon_restarts = 10\n");
    }

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

    /**
     * Each number follows the one before; for each time that a daemon was killed, one piece of the
     * output may have come twice (shim/README.md, "A daemon that dies").
     */
    private static void assertNothingIsMissing(
            List<String> lines, int first, int cycle, int mostRepeats) {
        var next = 0;
        var repeats = 0;
        for (int i = 0; i < lines.size(); i++) {
            var ahead = Math.floorMod(Integer.parseInt(lines.get(i)) - first - next, cycle);
            var back = ahead == 0 ? 0 : cycle - ahead;
            assertThat(ahead == 0 || back < Math.min(FLOOD / 2, i + 1))
                    .as("line %d: %s (expected: %d)", i, lines.get(i), first + next)
                    .isTrue();
            repeats += ahead == 0 ? 0 : 1;
            next = Math.floorMod(next - back + 1, cycle);
        }
        assertThat(repeats).as("pieces that came twice").isLessThanOrEqualTo(mostRepeats);
    }

    @Test
    void killMeansStoppedAlsoWhenNobodyServes() throws Exception {
        for (var pause : List.of(0, 200, 700)) {
            var pod = pod();
            var _ = pod.started("counter", COUNT);
            Host.kill(Host.process("/bin/java", pod.id()));
            TimeUnit.MILLISECONDS.sleep(pause); // at another moment of the restart
            stopAndLookAround(pod);
        }
    }

    @Test
    void whatEndsWhileNobodyServesIsTold() throws Exception {
        var pod = pod();
        var short_ = pod.started("short", "sleep 4; exit 5");
        Host.kill(Host.process("/bin/java", pod.id()));
        assertThat(pod.exited(short_).getExitCode()).isEqualTo(5);
        var counter = pod.started("counter", COUNT);
        var machine = Host.process("qemu-system", pod.id());
        Host.kill(Host.process("/bin/java", pod.id()));
        Host.kill(machine);
        // There is no machine to go on with: all ends as without another daemon.
        assertThat(pod.exited(counter).getExitCode()).isIn(137, 255);
        assertThat(Wait.until(LIMIT, () -> !pod.ready())).isTrue();
        stopAndLookAround(pod);
    }

    @Test
    void aDaemonThatTookOverIsFollowedAndOneThatFollowedHandsOver() {
        var pod = pod();
        var counter = pod.started("counter", COUNT);
        for (int died = 0; died < 2; died++) {
            var before = Host.process("/bin/java", pod.id());
            var _ = Ran.run(LIMIT, saya(), "upgrade", pod.id()).succeeded();
            var daemon = Host.process("/bin/java", pod.id());
            assertThat(daemon).isNotEqualTo(before);
            awaitLines(pod, counter, pod.log(counter).size() + 20);
            Host.kill(daemon);
            assertThat(pod.exec(counter, "echo", "here").out()).isEqualTo("here\n");
            awaitLines(pod, counter, pod.log(counter).size() + 20);
            assertThat(Ran.run(LIMIT, saya(), "ps", pod.id()).succeeded().out())
                    .contains("Daemons that died before: " + (died + 1));
        }
        pod.stop(counter, LIMIT);
        assertThat(pod.exited(counter).getExitCode()).isZero();
        assertNothingIsMissing(pod.log(counter), 0, Integer.MAX_VALUE, 2);
        pod.remove(counter);
        stopAndLookAround(pod);
    }

    private static void stopAndLookAround(Pod pod) {
        pod.stop();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
        pod.remove();
        assertThat(Wait.until(LIMIT, () -> Host.traces(pod.id()).isEmpty()))
                .as("left: %s", Host.traces(pod.id()))
                .isTrue();
    }

    private static void awaitLines(Pod pod, String container, int count) {
        assertThat(Wait.until(LIMIT, () -> pod.log(container).size() > count))
                .as("more than %d lines: %s", count, pod.log(container))
                .isTrue();
    }

    private static String saya() {
        return Objects.requireNonNull(System.getProperty("saya.product")) + "/bin/saya";
    }
}
