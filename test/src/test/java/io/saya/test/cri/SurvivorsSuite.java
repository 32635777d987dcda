package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Pods whose daemons are killed, with containers that count. */
abstract class SurvivorsSuite extends PodSuite {
    static final Duration LIMIT = Duration.ofSeconds(60);

    static final String COUNT =
            "trap 'exit 0' TERM; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.02; done";

    /** Lines of a length that pieces of output are multiples of. */
    static final int FLOOD = 2000;

    @Override
    protected @Nullable Node newNode() {
        return Node.with("[runtime]\ndaemon_restarts = 10\n");
    }

    /**
     * Each number follows the one before; for each time that a daemon was killed, one piece of the
     * output may have come twice (shim/README.md, "A daemon that dies").
     */
    static void assertNothingIsMissing(List<String> lines, int first, int cycle, int mostRepeats) {
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

    static void stopAndLookAround(Pod pod) {
        pod.stop();
        assertThat(Host.processes("qemu-system", pod.id())).isEmpty();
        pod.remove();
        assertThat(Wait.until(LIMIT, () -> Host.traces(pod.id()).isEmpty()))
                .as("left: %s", Host.traces(pod.id()))
                .isTrue();
    }

    static void awaitLines(Pod pod, String container, int count) {
        assertThat(Wait.until(LIMIT, () -> pod.log(container).size() > count))
                .as("more than %d lines: %s", count, pod.log(container))
                .isTrue();
    }

    static String saya() {
        return Objects.requireNonNull(System.getProperty("saya.product")) + "/bin/saya";
    }
}
