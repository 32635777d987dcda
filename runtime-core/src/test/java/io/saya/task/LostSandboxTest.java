package io.saya.task;

import static io.saya.task.SandboxFixture.SANDBOX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.container.Container;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StopCause;
import io.saya.host.Signal;
import io.saya.oci.OciSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients learn of a sandbox that is lost. */
@Timeout(60)
class LostSandboxTest {

    private static final StopCause NO_MEMORY =
            new StopCause.OutOfMemory("QEMU ended with signal 9 (out of memory in cgroup /pod)");

    @TempDir Path directory;

    @Test
    void whatRanInAVmThatRanOutOfMemoryIsOomKilled() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.create("app2");
        fixture.madeByCriO("app1");
        fixture.sandbox.requestStop(NO_MEMORY);
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);

        assertThat(fixture.tasks.exit("app1", "").join().status()).isEqualTo(137);
        assertThat(fixture.tasks.exit(SANDBOX, "").join().status()).isEqualTo(137);
        List<TaskEvent> events = List.copyOf(fixture.events);
        assertThat(events.stream().filter(TaskEvent.Oom.class::isInstance))
                .as("app2 did not run, and a pause container needs no memory")
                .containsExactly(new TaskEvent.Oom("app1"));
        assertThat(events.indexOf(new TaskEvent.Oom("app1"))).isLessThan(exitOf("app1", events));
        assertThat(directory.resolve("app1/oom")).as("by which CRI-O knows").isEmptyFile();
    }

    private SandboxFixture fixture(String runtime) throws Exception {
        Path place = Files.createTempDirectory(directory, "one");
        return new SandboxFixture(
                place,
                SandboxLimits.NORMAL,
                (agent, _) -> agent,
                SandboxFixture.configuration(place, "[runtime]\n" + runtime));
    }

    @Test
    void aSandboxThatIsToBeKeptOutlivesItsAgentAndEndsByAKill() throws Exception {
        SandboxFixture stopping = fixture("keep_abnormal = false");
        stopping.runPod();
        stopping.agent.close();
        stopping.sandbox.stopped().get(20, TimeUnit.SECONDS);

        SandboxFixture kept = fixture("keep_abnormal = true");
        kept.runPod();
        kept.agent.close();
        // Longer than a VM that ends with its agent is waited for.
        assertThat(kept.sandbox.stopped())
                .failsWithin(Duration.ofSeconds(2))
                .withThrowableOfType(TimeoutException.class);
        assertThat(kept.sandbox.live()).isTrue();
        kept.tasks.kill(SANDBOX, "", Signal.SIGKILL, true);
        kept.sandbox.stopped().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aMachineWhoseMemoryIsDumpedEndsByItselfAndNotForItsAgent() throws Exception {
        SandboxFixture dumping = fixture("");
        dumping.runPod();
        dumping.vm.dumping = true;
        dumping.agent.close();
        assertThat(dumping.sandbox.stopped())
                .failsWithin(Duration.ofSeconds(2))
                .withThrowableOfType(TimeoutException.class);
        dumping.vm.crash();
        dumping.sandbox.stopped().get(20, TimeUnit.SECONDS);
    }

    @Test
    void aSandboxThatIsToBeKeptEndsWithItsMachine() throws Exception {
        SandboxFixture kept = fixture("keep_abnormal = true");
        kept.runPod();
        kept.agent.close();
        kept.vm.crash();
        kept.sandbox.stopped().get(20, TimeUnit.SECONDS);
    }

    @Test
    void whatSeccompProfilesAreSentTheConfigurationSays() throws Exception {
        SandboxFixture usual = fixture("");
        usual.runPod();
        assertThat(usual.sandbox.guest().details().abilities().seccomp()).isTrue();
        SandboxFixture without = fixture("disable_guest_seccomp = true");
        without.runPod();
        assertThat(without.sandbox.guest().details().abilities().seccomp()).isFalse();
        assertThat(without.sandbox.guest().details().abilities().limits()).isTrue();
    }

    @Test
    void aCreateThatTheLossCutsOffSaysWhatWasLost() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        CompletableFuture<Void> asked = fixture.agent.holdCreates();
        CompletableFuture<Integer> created =
                CompletableFuture.supplyAsync(() -> fixture.create("app2"));
        asked.get(20, TimeUnit.SECONDS);
        fixture.sandbox.requestStop(NO_MEMORY);

        assertThatThrownBy(() -> created.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("sandbox pod0 has stopped: out of memory: QEMU ended")
                .hasMessageContaining("cannot create container app2");
    }

    @Test
    void theNextCallSaysSoToo() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.create("app2");
        fixture.sandbox.requestStop(NO_MEMORY);
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);

        assertThatThrownBy(() -> fixture.tasks.start("app2", ""))
                .hasMessageContaining("out of memory: QEMU ended");
        assertThatThrownBy(() -> fixture.create("app3"))
                .hasMessageContaining("out of memory: QEMU ended");
    }

    /** An administrator who has only the message of the call that failed must see why. */
    @Test
    void theNextCallSaysWhatAGuestPrintedThatHasPanicked() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.vm.printed =
                "[    9.1] sysrq: Trigger a crash\n"
                        + "[    9.2] Kernel panic - not syncing: sysrq triggered crash\n"
                        + "[    9.3] RIP: 0010:panic+0x1/0x2\n";
        fixture.vm.endedByItsGuest("guest-panic");
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);

        assertThatThrownBy(() -> fixture.create("app3"))
                .hasMessageContaining("QEMU ended with exit code 0 (guest-panic)")
                .hasMessageContaining("Kernel panic - not syncing: sysrq triggered crash")
                .hasMessageNotContaining("RIP:");
    }

    /** The cause and the failure of the boot are the same then. */
    @Test
    void aGuestThatPanickedBeforeItWasUpIsToldOfOnce() throws Exception {
        SandboxFixture fixture =
                new SandboxFixture(
                        directory,
                        SandboxLimits.NORMAL,
                        (_, vm) -> {
                            vm.printed = "Kernel panic - not syncing: Attempted to kill init!\n";
                            vm.endedByItsGuest("guest-panic");
                            throw RuntimeFailure.unavailable("the connection has ended", null);
                        });

        assertThatThrownBy(() -> fixture.createSandboxContainer("sandbox"))
                .hasMessageContaining("did not come up")
                .message()
                .containsOnlyOnce("(guest-panic)")
                .containsOnlyOnce("Kernel panic - not syncing");
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);
    }

    @Test
    void theNextCallSaysWhatAnAgentPrintedThatHasEnded() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.vm.printed =
                "thread 'main' panicked at src/rpc.rs:1: no such thing\n"
                        + "{\"msg\":\"handling signal\",\"level\":\"INFO\",\"pid\":\"1\"}\n"
                                .repeat(50)
                        + "{\"msg\":\"failed to wait\",\"level\":\"ERRO\",\"pid\":\"1\"}\n";
        fixture.agent.close();
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);

        assertThatThrownBy(() -> fixture.create("app3"))
                .hasMessageContaining("the agent was lost: ")
                .hasMessageContaining("panicked at src/rpc.rs:1: no such thing")
                .hasMessageContaining("failed to wait")
                .hasMessageNotContaining("handling signal");
    }

    /** The host ended it, so that whatever the guest printed is not why. */
    @Test
    void nothingIsSaidOfTheConsoleOfAMachineThatWasKilled() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.runPod();
        fixture.vm.crash();
        fixture.sandbox.stopped().get(20, TimeUnit.SECONDS);

        assertThatThrownBy(() -> fixture.create("app3"))
                .hasMessageContaining("QEMU ended with signal 9")
                .hasMessageNotContaining("Linux version");
    }

    /** A guest can leave output open that nobody will ever write to. */
    @Test
    void aKillDoesNotWaitForTheOutputOfAContainerThatHasEnded() throws Exception {
        SandboxFixture fixture = new SandboxFixture(directory);
        OciSpec spec = fixture.bundle(SANDBOX, null, "sleep");
        fixture.sandbox.boot(spec);
        Tasks unread = new Tasks(fixture.sandbox, (_, _) -> new NoStdio(new CompletableFuture<>()));
        unread.create(fixture.request(SANDBOX), spec);
        unread.start(SANDBOX, "");
        fixture.agent.exit(SANDBOX, SANDBOX, 0);
        fixture.sandbox.exits().known(unread(fixture)).get(20, TimeUnit.SECONDS);

        long asked = System.nanoTime();
        unread.kill(SANDBOX, "", 9, false);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));
        assertThat(unread.exit(SANDBOX, "").join().status()).isZero();
    }

    private static Container unread(SandboxFixture fixture) {
        return fixture.sandbox.tasks().container(SANDBOX);
    }

    private static int exitOf(String process, List<TaskEvent> events) {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof TaskEvent.Exit exit && exit.processId().equals(process)) {
                return i;
            }
        }
        throw new AssertionError("no exit of " + process + " in " + events);
    }
}
