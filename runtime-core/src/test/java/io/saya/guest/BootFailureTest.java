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
                        [    0.2] last\
                        """);
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
    void ofAPanicItsFirstLineAndWhatLedToItAreShown() {
        assertThat(
                        BootFailure.end(
                                """
                                [    1.900000] Run /init as init process
                                agent: cannot mount /run: no such device
                                [    2.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
                                [    2.000100] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1
                                [    2.000200] Hardware name: QEMU Standard PC
                                [    2.000300] Call Trace:
                                [    2.000400]  <TASK>
                                [    2.000500]  dump_stack_lvl+0x34/0x48
                                [    2.000600]  ? do_exit.cold+0x61/0x61
                                [    2.000700] RIP: 0033:0x7f0000000000
                                [    2.000800] RSP: 002b:00007ffc0 EFLAGS: 00000246
                                [    2.000900] RAX: ffffffffffffffda RBX: 0000000000000001
                                [    2.001000]  </TASK>
                                [    2.001100] Kernel Offset: 0x1000000
                                [    2.001200] ---[ end Kernel panic - not syncing: Attempted to kill init! ]---
                                """))
                .isEqualTo(
                        """
                        [    1.900000] Run /init as init process
                        agent: cannot mount /run: no such device
                        [    2.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\
                        """);
    }

    @Test
    void anOopsIsShownWithoutItsRegisters() {
        assertThat(
                        BootFailure.end(
                                        """
                                        [    2.0] BUG: kernel NULL pointer dereference, address: 0000000000000000
                                        [    2.1] Oops: 0000 [#1] SMP
                                        [    2.2] RIP: 0010:virtio_probe+0x10/0x20
                                        [    2.3] R13: 0000000000000000 R14: 0000000000000000
                                        [    2.4] CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
                                        """)
                                .lines())
                .containsExactly(
                        "[    2.0] BUG: kernel NULL pointer dereference, address: 0000000000000000",
                        "[    2.1] Oops: 0000 [#1] SMP");
    }

    @Test
    void katasAgentThatWaitsForVsockIsRecognized() {
        assertThat(
                        BootFailure.advice(
                                true,
                                "",
                                "{\"msg\":\"ttRPC server"
                                        + " started\",\"address\":\"vsock://-1:1024\"}"))
                .contains("modprobe vhost_vsock");
    }

    @Test
    void whereThereIsVsockItIsNotMissing() {
        assertThat(BootFailure.advice(false, "{\"msg\":\"ttRPC server started\"}")).isEmpty();
    }

    @Test
    void anAgentThatIsTooOldForItsKernelIsAKnownCause() {
        String console =
                """
                {"msg":"announce","config":"server_addr: \"vsock://-1:1024\""}
                Error: Nix error: EOPNOTSUPP: Operation not supported on transport endpoint
                [    2.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
                """;
        assertThat(BootFailure.advice(false, "", console)).contains("too new for its agent");
        assertThat(BootFailure.advice(true, "", console)).contains("too new for its agent");
    }

    @Test
    void anInitThatEndsIsAKnownCauseUnlessItSaidWhy() {
        String panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b";
        assertThat(BootFailure.advice(true, "", panic)).contains("first process");
        assertThat(
                        BootFailure.advice(
                                true,
                                "",
                                "saya-agent error: neither a serial port agent.channel.0 nor vsock"
                                        + " was found\n"
                                        + panic))
                .contains("virtio_console");
    }

    @Test
    void knownCausesAreRecognizedInWhatIsPrinted() {
        assertThat(
                        BootFailure.advice(
                                true,
                                "Could not access KVM kernel module: No such file or directory",
                                ""))
                .contains("accelerator");
        assertThat(
                        BootFailure.advice(
                                true,
                                "",
                                "[    3.1] Initramfs unpacking failed: write error\n"
                                        + "[    3.2] Kernel panic"))
                .contains("default_memory");
        assertThat(
                        BootFailure.advice(
                                true,
                                "",
                                "[    1.0] VFS: Unable to mount root fs on unknown-block(0,0)"))
                .contains("driver");
        assertThat(BootFailure.advice(true, "", "all is well")).isEmpty();
    }
}
