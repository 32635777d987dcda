package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The shim answers while something else hangs. What is asserted is that an answer does not wait for
 * what hangs; how long it takes is reported.
 */
@WithProduct
@Timeout(180)
final class AnswersTest extends FaultSuite {
    /** Far below the time for which the hanging things hang. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private static final int SIGKILL = 9;
    private static final int NOT_FOUND = 5;

    private final Figures figures = new Figures("answers");

    @AfterAll
    void writeFigures() {
        figures.write();
    }

    @Test
    void whileCreateBootsAVm() {
        var victim = victim();
        Phase.CREATE_CONNECT.reach(victim);
        // The VM boots before containerd's Create has come.
        assertThat(
                        Wait.until(
                                Duration.ofSeconds(60),
                                () ->
                                        shim(victim).call("State", victim.id(), 0, LIMIT).code()
                                                == 0))
                .isTrue();
        ask("boot", victim, List.of("State", "Pids", "Connect"), 0);
        // There is no guest whose figures could be told.
        ask("boot", victim, List.of("Stats"), NOT_FOUND);
        assertThat(victim.call()).isNotDone();
        var kill = shim(victim).call("Kill", victim.id(), SIGKILL, Duration.ofSeconds(10));
        assertThat(kill.code()).as(kill.message()).isZero();
        assertThat(victim.processes("qemu-system")).isEmpty();
        victim.release();
    }

    @Test
    void whileTheOutputOfAnExecIsStuck() {
        var victim = victim();
        victim.started();
        // Nobody reads: the client is stopped.
        var client =
                node.background("tasks", "exec", "--exec-id", "e", victim.id(), "cat", "/dev/zero");
        try {
            var started = "/tasks/exec-started {\"container_id\":\"" + victim.id();
            assertThat(Wait.until(Duration.ofSeconds(60), () -> node.events().contains(started)))
                    .isTrue();
            Host.signal(client.pid(), "STOP");
            ask("stuck exec", victim, List.of("State", "Pids", "Connect", "Stats"), 0);
            assertThat(node.ctr("tasks", "exec", "--exec-id", "f", victim.id(), "echo", "ok").out())
                    .isEqualTo("ok\n");
            var kill = shim(victim).call("Kill", victim.id(), SIGKILL, Duration.ofSeconds(10));
            assertThat(kill.code()).as(kill.message()).isZero();
        } finally {
            client.destroyForcibly();
        }
    }

    @Test
    void whileTheAgentIsDeaf() {
        var victim = victim();
        victim.started();
        ask("idle", victim, List.of("State", "Pids", "Connect", "Stats"), 0);
        Fault.AGENT_DEAF.strike(victim);
        ask("deaf agent", victim, List.of("State", "Pids", "Connect", "Stats"), 0);
        var kill = shim(victim).call("Kill", victim.id(), SIGKILL, Duration.ofSeconds(10));
        assertThat(kill.code()).as(kill.message()).isZero();
        figures.put("deaf agent, Kill SIGKILL, ms", kill.after().toMillis());
        assertThat(victim.processes("qemu-system")).isEmpty();
    }

    private void ask(String when, Victim victim, List<String> methods, int code) {
        for (var method : methods) {
            // The first call of a kind pays for loading its classes, and is what a client meets.
            var first = shim(victim).call(method, victim.id(), 0, LIMIT);
            assertThat(first.code()).as("%s: %s", method, first.message()).isEqualTo(code);
            var again = shim(victim).call(method, victim.id(), 0, LIMIT);
            figures.put(when + ", " + method + ", first, ms", first.after().toMillis());
            figures.put(when + ", " + method + ", again, ms", again.after().toMillis());
        }
    }
}
