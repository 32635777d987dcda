package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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

    /** Limit for a call that stops a VM. */
    private static final Duration KILL = Duration.ofSeconds(15);

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGCONT = 18;
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
        kill("boot", "SIGKILL of the sandbox", victim, victim.id(), "", SIGKILL);
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
            kill("stuck exec", "a signal to the exec", victim, victim.id(), "e", SIGCONT);
            kill("stuck exec", "SIGKILL of the exec", victim, victim.id(), "e", SIGKILL);
            kill("stuck exec", "SIGKILL of the sandbox", victim, victim.id(), "", SIGKILL);
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
        kill("deaf agent", "SIGKILL of the sandbox", victim, victim.id(), "", SIGKILL);
        assertThat(victim.processes("qemu-system")).isEmpty();
    }

    /** They may never arrive; their callers do not wait for that. */
    @Test
    void signalsWhileTheAgentIsDeaf() {
        var victim = victim();
        var member = victim.startedPod();
        var exec =
                node.background(
                        "tasks", "exec", "--exec-id", "e", member, "/bin/busybox", "sleep", "1000");
        try {
            var started = "/tasks/exec-started {\"container_id\":\"" + member;
            assertThat(Wait.until(Duration.ofSeconds(60), () -> node.events().contains(started)))
                    .isTrue();
            kill("idle", "a signal to a pod's container", victim, member, "", SIGCONT);
            kill("idle", "a signal to an exec", victim, member, "e", SIGCONT);
            Fault.AGENT_DEAF.strike(victim);
            var kills =
                    Stream.of("", "e")
                            .map(
                                    process ->
                                            CompletableFuture.supplyAsync(
                                                    () ->
                                                            shim(victim)
                                                                    .call(
                                                                            "Kill", member, process,
                                                                            SIGTERM, LIMIT),
                                                    Thread::startVirtualThread))
                            .toList();
            assertThat(kills).allSatisfy(kill -> assertThat(kill.join().code()).isZero());
            figures.put(
                    "deaf agent, Kill, a signal to a pod's container, ms",
                    kills.get(0).join().after().toMillis());
            figures.put(
                    "deaf agent, Kill, a signal to an exec, ms",
                    kills.get(1).join().after().toMillis());
        } finally {
            exec.destroyForcibly();
        }
    }

    private void kill(String when, String what, Victim victim, String id, String exec, int signal) {
        var kill = shim(victim).call("Kill", id, exec, signal, KILL);
        assertThat(kill.code()).as(kill.message()).isZero();
        figures.put(when + ", Kill, " + what + ", ms", kill.after().toMillis());
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
