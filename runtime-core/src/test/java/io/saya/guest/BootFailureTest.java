package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BootFailureTest {

    @Test
    void theMessageNamesPhaseTimeCauseAdviceAndTheEndOfTheConsole() {
        assertThat(
                        BootFailure.text(
                                "sandbox s1 did not come up",
                                StartPhase.KERNEL,
                                12_345,
                                "no agent",
                                "use a guest that has one",
                                "\n[    0.1] first\n\n[    0.2] last\n"))
                .isEqualTo(
                        """
                        sandbox s1 did not come up, phase kernel (after 12.3 s): no agent; what to do: use a guest that has one; the end of the guest's console:
                        [    0.1] first
                        [    0.2] last""");
    }

    @Test
    void withoutAdviceAndConsoleThereIsNothingBehindTheCause() {
        assertThat(BootFailure.text("x", StartPhase.QEMU_SPAWN, 0, "no program", "", ""))
                .isEqualTo("x, phase QEMU spawn (after 0.0 s): no program");
    }

    @Test
    void aLongConsoleIsCutToItsLastLines() {
        String end = BootFailure.end("line of the guest's console\n".repeat(1000) + "the last one");
        assertThat(end.lines()).hasSizeLessThanOrEqualTo(12).last().isEqualTo("the last one");
        assertThat(BootFailure.end("x".repeat(100_000))).isEmpty();
    }

    @Test
    void knownCausesAreRecognizedInWhatIsPrinted() {
        assertThat(
                        BootFailure.advice(
                                "Could not access KVM kernel module: No such file or directory",
                                ""))
                .contains("accelerator");
        assertThat(
                        BootFailure.advice(
                                "",
                                "[    3.1] Initramfs unpacking failed: write error\n[    3.2] Kernel panic"))
                .contains("default_memory");
        assertThat(
                        BootFailure.advice(
                                "", "[    1.0] VFS: Unable to mount root fs on unknown-block(0,0)"))
                .contains("driver");
        assertThat(BootFailure.advice("", "all is well")).isEmpty();
    }
}
