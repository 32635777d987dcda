package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.agent.AgentTrait;
import io.saya.container.ExitStatus;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.GuestLaunch;
import io.saya.guest.SandboxCgroup;
import io.saya.guest.StartClock;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.io.ContainerIdentity;
import io.saya.io.HeldStdio;
import io.saya.io.ProcessStdio;
import io.saya.io.StdioOpener;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.sandbox.Sandbox;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sandbox that one daemon holds and another goes on with, both in this process. */
@Timeout(60)
class TaskSuccessionTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    @TempDir Path directory;
    private SandboxFixture before;

    @BeforeEach
    void run() {
        before = new SandboxFixture(directory);
        before.agent.behaveLike(AgentTrait.STARTS_FROM_TEMPLATE);
        before.runPod();
    }

    /** Adopts the VM that is there; nothing is started. */
    private final class Adopting implements Hypervisor {
        @Override
        public Vm start(VmSpec spec) throws HypervisorFailure {
            throw new HypervisorFailure("nothing is to be started");
        }

        @Override
        public Vm goOn(String sandboxId, Path runDirectory, JsonObject held) {
            return before.vm;
        }
    }

    private static final class Streams implements StdioOpener {
        @Override
        public ProcessStdio open(TaskIo io, ContainerIdentity container) {
            return new NoStdio();
        }

        @Override
        public ProcessStdio reopen(TaskIo io, ContainerIdentity container, HeldStdio held) {
            return new NoStdio();
        }
    }

    private Tasks succeed() {
        TaskHandover.Held held = new TaskHandover(before.sandbox).hold(LIMIT);
        // As it comes out of a file.
        JsonObject told = Json.parseObject(Json.write(held.sandbox()));
        Sandbox sandbox =
                new Sandbox(
                        new GuestLaunch(
                                before.sandbox.identity(),
                                SandboxFixture.configuration(directory),
                                before.host,
                                new Adopting(),
                                (_, _, _) -> before.agent,
                                SandboxCgroup.none(),
                                new StartClock()),
                        _ -> {});
        sandbox.standing(told, before.bundle(SandboxFixture.SANDBOX, "sandbox", "sleep"));
        Tasks tasks = new Tasks(sandbox, new Streams());
        tasks.standing(held.containers());
        sandbox.goOn(before.agent, before.agent.details());
        tasks.goOn();
        return tasks;
    }

    @Test
    void whatRunsRunsOnAndItsEndIsSeen() {
        before.create("app2");
        before.tasks.start("app2", "");
        before.agent.exit("app2", "app2", 3);
        assertThat(before.tasks.exit("app2", "").join().status()).isEqualTo(3);
        int pid = before.tasks.state("app1", "").pid();

        Tasks after = succeed();
        assertThat(after.state("app1", "").phase()).isEqualTo(TaskStatus.Phase.RUNNING);
        assertThat(after.state("app1", "").pid()).isEqualTo(pid);
        assertThat(after.state("app2", "").phase()).isEqualTo(TaskStatus.Phase.STOPPED);
        assertThat(after.exit("app2", "").join().status()).isEqualTo(3);
        before.agent.exit("app1", "app1", 4);
        assertThat(after.exit("app1", "").join().status()).isEqualTo(4);
        assertThat(after.delete("app1", "").status()).isEqualTo(4);
    }

    @Test
    void killMeansStoppedAndNothingIsLeft() {
        Tasks after = succeed();
        after.kill(SandboxFixture.SANDBOX, "", 9, true);
        assertThat(before.vm.exited()).isDone();
        assertThat(after.exit("app1", "").join().status()).isEqualTo(ExitStatus.KILLED);
        var _ = after.delete("app1", "");
        var _ = after.delete(SandboxFixture.SANDBOX, "");
        assertThat(before.host.mounted).isEmpty();
        assertThat(before.host.processes).allMatch(process -> process.exited().isDone());
    }

    @Test
    void whatIsBeingMadeIsNotHandedOver() {
        var creating = before.agent.holdCreates();
        Thread.ofVirtual().start(() -> before.create("app3"));
        creating.join();
        assertThatThrownBy(() -> new TaskHandover(before.sandbox).hold(LIMIT))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("something is under way");
        before.sandbox.stop();
    }

    @Test
    void anotherGuestThanTheDefaultOneIsNotHandedOver() {
        SandboxFixture other = new SandboxFixture(directory.resolve("other"));
        other.agent.behaveLike();
        other.agent.neverRest();
        other.runPod();
        TaskHandover handover = new TaskHandover(other.sandbox);
        assertThatThrownBy(handover::check)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("not the default one");
        assertThatThrownBy(() -> handover.hold(LIMIT))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("not the default one");
        other.sandbox.stop();
    }
}
