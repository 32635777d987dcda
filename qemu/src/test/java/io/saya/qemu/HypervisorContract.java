package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.ProcessExit;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmExit;
import io.saya.hypervisor.VmSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every {@link Hypervisor} must do. Each subclass brings one. */
@Timeout(120)
abstract class HypervisorContract {
    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final Duration WAIT = Duration.ofSeconds(60);

    abstract Hypervisor hypervisor();

    /** A specification of a VM that runs this guest. */
    abstract VmSpec spec(TinyGuest guest) throws IOException;

    /**
     * A specification of a VM whose CPUs stand still until it is resumed, for guests that would
     * otherwise be gone before the test can look.
     */
    abstract VmSpec held(TinyGuest guest) throws IOException;

    /** Sends a signal to the process of a VM. */
    abstract void signal(Vm vm, int number);

    @Test
    void aVmRunsUntilItIsStopped() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        assertThat(ProcessHandle.of(vm.pid())).isPresent();
        awaitGreeting(vm);
        assertThat(vm.exited()).isNotDone();
        vm.stop(GRACE);
        assertThat(vm.exited().join())
                .isEqualTo(new VmExit(new ProcessExit.Code(0), "host-qmp-quit", true));
        assertGone(vm);
    }

    @Test
    void stoppingWithoutGraceKills() throws Exception {
        Vm vm = start(TinyGuest.SPIN);
        vm.stop(Duration.ZERO);
        assertThat(vm.exited().join()).isEqualTo(new VmExit(new ProcessExit.Signal(9), "", true));
        assertGone(vm);
    }

    @Test
    void stoppingIsTotal() throws Exception {
        Vm vm = start(TinyGuest.SPIN);
        List<Thread> stoppers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Duration grace = i % 2 == 0 ? Duration.ZERO : GRACE;
            stoppers.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        vm.stop(grace);
                                        assertGone(vm);
                                    }));
        }
        for (Thread stopper : stoppers) {
            assertThat(stopper.join(WAIT)).isTrue();
        }
        assertThat(vm.exited()).isDone();
        vm.stop(GRACE);
        vm.stop(Duration.ZERO);
    }

    @Test
    void stoppingWorksWhenTheProcessStandsStill() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        awaitGreeting(vm);
        signal(vm, 19); // SIGSTOP
        vm.stop(Duration.ofMillis(200));
        assertThat(vm.exited().join().process()).isEqualTo(new ProcessExit.Signal(9));
        assertGone(vm);
    }

    @Test
    void stoppingIsNotCutShortByInterruption() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        Thread stopper =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    Thread.currentThread().interrupt();
                                    vm.stop(GRACE);
                                    assertThat(vm.exited()).isDone();
                                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                                });
        assertThat(stopper.join(WAIT)).isTrue();
        assertThat(vm.exited()).isDone();
    }

    @Test
    void aProcessKilledFromOutsideIsSeen() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        signal(vm, 9);
        assertThat(vm.exited().get(WAIT.toSeconds(), TimeUnit.SECONDS))
                .isEqualTo(new VmExit(new ProcessExit.Signal(9), "", false));
        assertGone(vm);
        vm.stop(GRACE);
        assertThat(vm.exited().join().requested()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"PANIC,guest-panic", "SHUTDOWN,guest-shutdown", "RESET,guest-reset"})
    void aGuestThatEndsTakesItsVmWithIt(TinyGuest guest, String reason) throws Exception {
        Vm vm = hypervisor().start(held(guest));
        vm.resume();
        VmExit exit = vm.exited().get(WAIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(exit.reason()).as(vm.consoleTail()).isEqualTo(reason);
        assertThat(exit.requested()).isFalse();
        assertThat(vm.consoleTail()).contains(TinyGuest.GREETING);
        assertGone(vm);
    }

    @Test
    void aPausedVmCanBeResumedAndStopped() throws Exception {
        Vm vm = start(TinyGuest.FLOOD);
        awaitGreeting(vm);
        vm.pause();
        vm.pause();
        vm.resume();
        vm.resume();
        vm.pause();
        assertThat(vm.exited()).isNotDone();
        vm.stop(GRACE);
        assertThat(vm.exited().join().reason()).isEqualTo("host-qmp-quit");
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(vm::pause)
                .withMessageStartingWith("pause VM of sandbox ");
        assertThatExceptionOfType(HypervisorFailure.class).isThrownBy(vm::resume);
    }

    @Test
    void theConsoleIsBoundedAndHarmless() throws Exception {
        Vm vm = start(TinyGuest.FLOOD);
        await(() -> vm.consoleTail().length() == 16 * 1024);
        assertThat(vm.consoleTail()).matches("[\\n\\t -~]*");
        vm.stop(GRACE);
        assertThat(vm.consoleTail()).hasSize(16 * 1024).endsWith("####");
    }

    @Test
    void aVmmThatIsNotThereIsAFailure() throws Exception {
        VmSpec spec = Specs.withVmm(spec(TinyGuest.IDLE), Path.of("/nonexistent/vmm"));
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> hypervisor().start(spec))
                .withMessageContaining(spec.vmm().sandboxId())
                .withMessageContaining("/nonexistent/vmm");
    }

    Vm start(TinyGuest guest) throws HypervisorFailure, IOException {
        return hypervisor().start(spec(guest));
    }

    static void awaitGreeting(Vm vm) throws InterruptedException {
        await(() -> vm.consoleTail().contains(TinyGuest.GREETING));
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    static void assertGone(Vm vm) {
        assertThat(ProcessHandle.of(vm.pid())).isEmpty();
    }
}
