package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What else happens to a pod whose daemon has died, or that is to end at that moment. */
@WithProduct
final class DaemonRestartTest extends SurvivorsSuite {

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
}
