package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.Hypervisor;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmExit;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.Accelerator;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.lifecycle.Waited;
import io.saya.qemu.probe.KvmVerdict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract, with real QEMU processes and guests. */
class QemuHypervisorTest extends HypervisorContract {
    private final LocalHost host = new LocalHost();
    private final QemuHypervisor hypervisor =
            new QemuHypervisor(
                    host, _ -> new KvmVerdict.Unusable("not asked for in this test"), null);

    @TempDir Path runDirectory;

    @BeforeAll
    static void needsQemu() {
        assumeTrue(Files.isExecutable(Specs.QEMU), () -> Specs.QEMU + " is not installed");
    }

    @AfterEach
    void nothingIsLeft() {
        boolean left = host.anyAlive();
        host.close();
        assertThat(left).isFalse();
    }

    @Override
    Hypervisor hypervisor() {
        return hypervisor;
    }

    @Override
    VmSpec spec(TinyGuest guest) throws IOException {
        return Specs.of(runDirectory, guest.kernel(runDirectory));
    }

    @Override
    VmSpec held(TinyGuest guest) throws IOException {
        return Specs.of(
                runDirectory,
                guest.kernel(runDirectory),
                List.of(),
                AgentTransport.VIRTIO_SERIAL,
                List.of("-S"));
    }

    @Override
    void signal(Vm vm, int number) {
        host.processes().getLast().signal(number);
    }

    @Test
    void theAgentsPortTakesAClientAtOnce() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        assertThat(vm.agent())
                .isEqualTo(
                        new AgentEndpoint.SerialPort(
                                runDirectory.resolve("agent.sock"), AgentEndpoint.Agents.DEFAULT));
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertThat(
                            channel.connect(
                                    UnixDomainSocketAddress.of(runDirectory.resolve("agent.sock"))))
                    .isTrue();
        }
        vm.stop(Duration.ZERO);
    }

    @Test
    void theMemoryOfAGuestThatPanicsIsDumpedAndThenItEnds() throws Exception {
        Path dumps = runDirectory.resolve("dumps");
        Vm vm = hypervisor.start(Specs.withDump(held(TinyGuest.PANIC), dumps));
        vm.resume();
        VmExit exit = vm.exited().get(60, TimeUnit.SECONDS);
        assertThat(exit.reason()).isEqualTo("guest-panic");
        assertThat(vm.dumping()).isFalse();
        try (Stream<Path> files = Files.list(dumps.resolve("sandbox-1"))) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted().toList())
                    .satisfiesExactly(
                            console -> assertThat(console).matches("console-[0-9]{8}-[0-9]{6}.txt"),
                            qemu -> assertThat(qemu).matches("qemu-[0-9]{8}-[0-9]{6}.txt"),
                            core -> assertThat(core).matches("vmcore-[0-9]{8}-[0-9]{6}.elf"));
        }
        try (Stream<Path> files = Files.list(dumps.resolve("sandbox-1"))) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
                byte[] content = Files.readAllBytes(file);
                String text = new String(content, StandardCharsets.ISO_8859_1);
                if (file.toString().endsWith(".elf")) {
                    assertThat(text).startsWith("\u007fELF").contains(TinyGuest.GREETING);
                    assertThat(content).hasSizeGreaterThan(64 << 20);
                } else {
                    assertThat(text)
                            .contains(
                                    file.toString().contains("console-")
                                            ? TinyGuest.GREETING
                                            : "panic=pause");
                }
            }
        }
    }

    @Test
    void aFurtherMonitorAnswersPeople() throws Exception {
        Vm vm =
                hypervisor.start(
                        Specs.withDebug(
                                spec(TinyGuest.IDLE),
                                new VmSpec.Debug(
                                        true, Optional.of(VmSpec.Monitor.HMP), Optional.empty())));
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(runDirectory.resolve("extra-monitor.sock")));
            channel.write(StandardCharsets.US_ASCII.encode("info name\n"));
            StringBuilder said = new StringBuilder();
            ByteBuffer some = ByteBuffer.allocate(4096);
            while (said.indexOf("\nsandbox-1") < 0 && channel.read(some.clear()) >= 0) {
                said.append(StandardCharsets.US_ASCII.decode(some.flip()));
            }
            assertThat(said).contains("QEMU").contains("\nsandbox-1");
        }
        vm.stop(Duration.ZERO);
    }

    @Test
    void aGuestWithAnotherSourceOfRandomnessAndFurtherWordsRuns() throws Exception {
        Vm vm =
                hypervisor.start(
                        Specs.withMachine(
                                spec(TinyGuest.IDLE), "hpet=off", Path.of("/dev/random")));
        awaitGreeting(vm);
        vm.stop(Duration.ZERO);
    }

    @Test
    void whatQemuRefusesIsTold() throws Exception {
        VmSpec spec =
                Specs.of(
                        runDirectory,
                        TinyGuest.IDLE.kernel(runDirectory),
                        List.of(),
                        AgentTransport.VIRTIO_SERIAL,
                        List.of("-device", "no-such-device"));
        // QEMU may die before or after we have reached it.
        try {
            Vm vm = hypervisor.start(spec);
            assertThat(vm.exited().get(30, TimeUnit.SECONDS).process())
                    .isEqualTo(new ProcessExit.Code(1));
            assertThat(vm.vmmOutputTail()).contains("no-such-device");
        } catch (HypervisorFailure e) {
            assertThat(e)
                    .hasMessageContaining("start QEMU for sandbox sandbox-1")
                    .hasMessageContaining("no-such-device");
        }
    }

    @Test
    void theSandboxCanBeSeenInTheArguments() throws Exception {
        Vm vm = start(TinyGuest.IDLE);
        assertThat(arguments(vm)).contains(" -name sandbox-1,");
        vm.stop(Duration.ZERO);
    }

    /** By ways that QEMU itself does not hold back. */
    @ParameterizedTest
    @EnumSource(
            value = TinyGuest.class,
            names = {"CRASH_LOADED", "PLUG_STATUS"})
    void aGuestThatFloodsTheMonitorIsEnded(TinyGuest guest) throws Exception {
        Vm vm = start(guest);
        assertThat(vm.exited().get(30, TimeUnit.SECONDS))
                .isEqualTo(new VmExit(new ProcessExit.Signal(9), "event-flood", false));
    }

    /** After the burst; what the guest prints as fast as it can is for it to wait for. */
    @ParameterizedTest
    @EnumSource(
            value = TinyGuest.class,
            names = {"FLOOD", "LINES"})
    void aConsoleThatIsFloodedCostsItsReaderLittle(TinyGuest guest) throws Exception {
        Vm vm = start(guest);
        assertThat(Waited.pause(Duration.ofSeconds(4))).isTrue();
        long before = processorTime();
        assertThat(Waited.pause(Duration.ofSeconds(5))).isTrue();
        assertThat(Duration.ofNanos(processorTime() - before))
                .as("processor time of this process in 5 s")
                .isLessThan(Duration.ofMillis(150));
        vm.stop(Duration.ZERO);
    }

    /** In nanoseconds, of all threads. */
    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    @Test
    void anotherMachineTypeIsRefused() throws Exception {
        VmSpec microvm = Specs.withMachineType(spec(TinyGuest.IDLE), "microvm");
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> hypervisor.start(microvm))
                .withMessage("machine type: microvm (expected: q35 or pc-q35-VERSION)");
    }

    @Test
    void withoutUsableKvmTheGuestIsEmulated() throws Exception {
        VmSpec spec = Specs.withAccelerator(spec(TinyGuest.IDLE), Accelerator.AUTO);
        Vm vm = hypervisor.start(spec);
        assertThat(arguments(vm)).contains(" -accel tcg,").contains(" -cpu max,erms=off");
        awaitGreeting(vm);
        vm.stop(Duration.ZERO);
    }

    /** What a guest prints first is read, however late a busy host lets us come. */
    @Test
    void aConsoleThatIsConnectedToLateHasItsFirstByte() throws Exception {
        RefusingHost late =
                new RefusingHost() {
                    @Override
                    public HostProcess spawn(SpawnSpec spec) throws IOException {
                        HostProcess process = host.spawn(spec);
                        assertThat(Waited.pause(Duration.ofSeconds(2))).isTrue();
                        return process;
                    }
                };
        Vm vm =
                new QemuHypervisor(
                                late,
                                _ -> new KvmVerdict.Unusable("not asked for in this test"),
                                null)
                        .start(spec(TinyGuest.IDLE));
        awaitGreeting(vm);
        assertThat(vm.vmmOutputTail()).isEmpty();
        vm.stop(Duration.ZERO);
    }

    private static String arguments(Vm vm) throws IOException {
        return Files.readString(Path.of("/proc/" + vm.pid() + "/cmdline")).replace('\0', ' ');
    }
}
