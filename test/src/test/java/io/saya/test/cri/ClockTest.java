package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The clock of a pod is the host's. */
@WithProduct
final class ClockTest extends PodSuite {

    /** On a machine with other work on it; an idle one keeps to a tenth of it. */
    private static final Duration BUSY = Duration.ofMillis(100);

    private static final Duration CALL = Duration.ofSeconds(20);

    @Test
    void itIsTheHostsFromTheStartAndAfterAPause() {
        var pod = pod();
        var programs =
                new Programs(
                        node().logs().resolveSibling("programs-" + getClass().getSimpleName()),
                        List.of("date"));
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config ->
                                        programs.addTo(config)
                                                .addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(Pod.IDLE)));
        for (var i = 0; i < 5; i++) {
            compare(pod, container);
        }
        node().containerd().ctr(CALL, "tasks", "pause", container).succeeded();
        var enough = Instant.now().plusSeconds(3);
        Wait.until(CALL, () -> Instant.now().isAfter(enough));
        node().containerd().ctr(CALL, "tasks", "resume", container).succeeded();
        compare(pod, container);
    }

    private static void compare(Pod pod, String container) {
        var before = Instant.now();
        var out = pod.exec(container, "/usr/sbin/date", "+%s.%N").succeeded().out().strip();
        var after = Instant.now();
        var dot = out.indexOf('.');
        var guest =
                Instant.ofEpochSecond(
                        Long.parseLong(out.substring(0, dot)),
                        Long.parseLong(out.substring(dot + 1)));
        assertThat(guest).isBetween(before.minus(BUSY), after.plus(BUSY));
    }
}
