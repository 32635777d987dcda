package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.agent.Agent;
import io.saya.task.ScriptedAgent;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GuestHealthTest {

    private static final Duration LIMIT = Duration.ofSeconds(1);

    @Test
    void aVmmThatIsStoppedWhileTheGuestBootsIsLost() throws Exception {
        Process vmm = new ProcessBuilder("sleep", "100").start();
        try {
            signal(vmm, "STOP");
            GuestHealth health =
                    new GuestHealth(
                            vmm.pid(),
                            Optional::empty,
                            _ -> {},
                            LIMIT,
                            new CompletableFuture<Void>());

            assertThat(health.watch()).isInstanceOf(StopCause.VmLost.class);
        } finally {
            vmm.destroyForcibly().waitFor();
        }
    }

    @Test
    void theWatchEndsWithTheSandbox() {
        GuestHealth health =
                new GuestHealth(
                        ProcessHandle.current().pid(),
                        Optional::empty,
                        _ -> {},
                        LIMIT,
                        CompletableFuture.completedFuture(null));

        assertThat(health.watch()).isInstanceOf(StopCause.Requested.class);
    }

    @Test
    void anAgentThatDoesNotAnswerThoughItsGuestCouldRunIsLost() {
        ScriptedAgent agent = new ScriptedAgent();
        agent.becomeDeaf();
        FakeTimes idle = FakeTimes.idle();

        StopCause cause = health(agent, idle, new CompletableFuture<Void>()).watch();

        assertThat(cause).isInstanceOf(StopCause.AgentLost.class);
        assertThat(cause.describe()).contains("no answer within 30000 ms");
        assertThat(idle.clock()).isLessThan(Duration.ofSeconds(40));
        agent.close();
    }

    @Test
    void whateverElseIsLookedAtAHangingGuestIsNoticed() {
        ScriptedAgent agent = new ScriptedAgent();
        agent.becomeDeaf();
        Consumer<Agent> failing =
                _ -> {
                    throw new IllegalStateException("nobody has thought of it");
                };

        StopCause cause =
                health(agent, FakeTimes.idle(), failing, new CompletableFuture<Void>()).watch();

        assertThat(cause).isInstanceOf(StopCause.AgentLost.class);
        agent.close();
    }

    @Test
    void anAgentWhoseGuestGetsNoProcessorIsNotLost() throws Exception {
        ScriptedAgent agent = new ScriptedAgent();
        agent.becomeDeaf();
        FakeTimes starved = FakeTimes.starved();
        CompletableFuture<Void> end = new CompletableFuture<>();
        GuestHealth health = health(agent, starved, end);

        CompletableFuture<StopCause> cause = CompletableFuture.supplyAsync(health::watch);
        while (starved.clock().compareTo(Duration.ofMinutes(10)) < 0) {
            assertThat(cause).isNotDone();
            Thread.onSpinWait();
        }
        end.complete(null);

        assertThat(cause.get()).isInstanceOf(StopCause.Requested.class);
        agent.close();
    }

    private static GuestHealth health(
            ScriptedAgent agent, FakeTimes times, CompletableFuture<Void> end) {
        return health(agent, times, _ -> {}, end);
    }

    private static GuestHealth health(
            ScriptedAgent agent,
            FakeTimes times,
            Consumer<Agent> eachLook,
            CompletableFuture<Void> end) {
        return new GuestHealth(
                ProcessHandle.current().pid(),
                times.guestTime(),
                Duration.ofMillis(1),
                () -> Optional.of(agent),
                eachLook,
                Duration.ofSeconds(30),
                end);
    }

    private static void signal(Process process, String name)
            throws IOException, InterruptedException {
        assertThat(
                        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                                .start()
                                .waitFor())
                .isZero();
    }
}
