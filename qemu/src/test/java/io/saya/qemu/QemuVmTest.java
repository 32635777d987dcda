package io.saya.qemu;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmExit;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.FakeQmpPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real QEMU cannot be brought to do. The rest is in {@link HypervisorContract}. */
@Timeout(60)
class QemuVmTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir Path directory;

    private final FakeProcess process = new FakeProcess();
    private VmSockets sockets;
    private FakeQmpPeer qmp;
    private ServerSocketChannel console;

    @BeforeEach
    void listen() throws IOException {
        sockets = VmSockets.in(directory);
        qmp = new FakeQmpPeer(sockets.qmp());
        console = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        console.bind(UnixDomainSocketAddress.of(sockets.console()));
    }

    @AfterEach
    void close() throws IOException {
        qmp.close();
        console.close();
    }

    @Test
    void aQemuThatNeverGreetsIsKilledAfterTheGrace() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client _ = qmp.accept()) {
            vm.stop(Duration.ofMillis(50));
        }
        assertThat(process.signals).containsExactly(9);
        assertThat(vm.exited().join()).isEqualTo(new VmExit(new ProcessExit.Signal(9), "", true));
    }

    @Test
    void aQemuThatQuitsIsNotKilled() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            client.serve(
                    command -> {
                        assertThat(command).isEqualTo("quit");
                        process.exit(new ProcessExit.Code(0));
                        return JsonObject.EMPTY;
                    });
            vm.stop(LONG);
        }
        assertThat(process.signals).isEmpty();
    }

    @Test
    void aQemuThatTalksNonsenseIsKilledAtOnce() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.accept()) {
            client.send("hello\n");
            // Our end is closed when the nonsense was noticed.
            assertThatExceptionOfType(IOException.class).isThrownBy(client::receive);
            vm.stop(LONG);
        }
        assertThat(process.signals).containsExactly(9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"internal-error", "guest-panicked", "shutdown"})
    void aGuestThatCannotGoOnIsEnded(String status) throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            client.serve(_ -> JsonObject.builder().put("status", status).build());
            client.event("STOP", JsonObject.EMPTY);
            assertThat(vm.exited().get(30, TimeUnit.SECONDS))
                    .isEqualTo(new VmExit(new ProcessExit.Signal(9), status, false));
        }
    }

    private static void panic(FakeQmpPeer.Client client) throws IOException {
        client.serve(_ -> JsonObject.builder().put("status", "guest-panicked").build());
        client.event("GUEST_PANICKED", JsonObject.EMPTY);
        client.event("STOP", JsonObject.EMPTY);
    }

    private List<String> dumps() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("s"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("vmcore-"))
                    .toList();
        }
    }

    @Test
    void aKillDoesNotWaitForADumpAndLeavesNoPartOfIt() throws Exception {
        HandingHost host = new HandingHost();
        QemuVm vm = attach(Specs.withDump(Specs.of(directory, directory), directory), host);
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            panic(client);
            String asked = host.take().text();
            assertThat(asked)
                    .contains("\"dump-guest-memory\"")
                    .contains("\"detach\":true")
                    .contains("\"paging\":false");
            assertThat(vm.dumping()).isTrue();
            assertThat(vm.exited()).isNotDone();
            assertThat(dumps()).hasSize(1).allMatch(name -> name.endsWith(".part"));
            vm.stop(Duration.ZERO);
        }
        assertThat(vm.exited().join().requested()).isTrue();
        assertThat(vm.exited().join().reason()).isEqualTo("guest-panic");
        HypervisorContract.await(() -> !vm.dumping());
        assertThat(dumps()).isEmpty();
    }

    @Test
    void aDumpThatFailsLeavesNoPartOfItAndTheGuestIsEnded() throws Exception {
        HandingHost host = new HandingHost();
        QemuVm vm = attach(Specs.withDump(Specs.of(directory, directory), directory), host);
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            panic(client);
            assertThat(host.take().files()).hasSize(1);
            client.event(
                    "DUMP_COMPLETED",
                    JsonObject.builder().put("error", "No space left on device").build());
            assertThat(vm.exited().get(30, TimeUnit.SECONDS))
                    .isEqualTo(new VmExit(new ProcessExit.Signal(9), "guest-panic", false));
        }
        assertThat(dumps()).isEmpty();
    }

    @Test
    void withoutRoomForTwiceTheMemoryNothingIsDumped() throws Exception {
        int mib = (int) (Files.getFileStore(directory).getTotalSpace() >> 20);
        VmSpec spec =
                Specs.withMemory(
                        Specs.of(directory, directory),
                        new VmSpec.Memory(mib, mib, MemoryBacking.ON_TOUCH));
        // A host that hands nothing over would fail.
        QemuVm vm = attach(Specs.withDump(spec, directory), new LocalHost());
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            panic(client);
            assertThat(vm.exited().get(30, TimeUnit.SECONDS).reason()).isEqualTo("guest-panic");
        }
        assertThat(dumps()).isEmpty();
    }

    /** QEMU tells of the latest change in a second: open after open was closed in between. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anotherChangeOfTheAgentsPortMeansThatTheGuestClosedIt(boolean open) throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            client.event("VSERPORT_CHANGE", JsonObject.builder().put("open", true).build());
            vm.channelOpen().get(30, TimeUnit.SECONDS);
            assertThat(vm.channelClosed()).isNotDone();
            client.event("VSERPORT_CHANGE", JsonObject.builder().put("open", open).build());
            vm.channelClosed().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aGuestThatFloodsTheMonitorIsEnded() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            try {
                for (int i = 0; i < 100_000; i++) {
                    client.event("GUEST_CRASHLOADED", JsonObject.EMPTY);
                }
            } catch (IOException e) {
                // Our end was closed while the peer was writing.
            }
            assertThat(vm.exited().get(30, TimeUnit.SECONDS))
                    .isEqualTo(new VmExit(new ProcessExit.Signal(9), "event-flood", false));
        }
    }

    /**
     * Each STOP is a question to QEMU; who sends many is asked one at a time, and what comes
     * meanwhile is one question more.
     */
    @Test
    void manyStopsAreFewQuestions() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            for (int i = 0; i < 1000; i++) {
                client.event("STOP", JsonObject.EMPTY);
            }
            JsonObject goesOn = JsonObject.builder().put("status", "io-error").build();
            AtomicInteger questions = new AtomicInteger();
            CompletableFuture<Integer> quit = new CompletableFuture<>();
            client.serve(
                    command -> {
                        if (command.equals("query-status")) {
                            questions.incrementAndGet();
                        } else if (command.equals("quit")) {
                            quit.complete(questions.get());
                        }
                        return goesOn;
                    });
            // Until no more come for a while.
            int last;
            do {
                last = questions.get();
                TimeUnit.MILLISECONDS.sleep(200);
            } while (last == 0 || last != questions.get());
            Thread.ofVirtual().start(() -> vm.stop(LONG));
            assertThat(quit.get(30, TimeUnit.SECONDS)).isBetween(1, 20);
            process.exit(new ProcessExit.Code(0));
        }
    }

    /** The burst, and what may be read within the time that the peer needs for more. */
    @Test
    void aConsoleWithoutEndIsReadAtItsPace() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client _ = qmp.acceptAndGreet();
                SocketChannel guest = console.accept()) {
            long begin = System.nanoTime();
            long written = 0;
            ByteBuffer line = ByteBuffer.wrap("x".repeat(4096).getBytes(UTF_8));
            while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(2)) {
                guest.configureBlocking(false);
                written += guest.write(line.rewind());
                Thread.onSpinWait();
            }
            assertThat(written).isLessThan(3 << 20);
            // What is left is read at once when the guest has ended.
            process.exit(new ProcessExit.Signal(9));
            assertThat(vm.exited().get(30, TimeUnit.SECONDS).reason()).isEmpty();
        }
    }

    @Test
    void aGuestThatCouldGoOnIsLeftAlone() throws Exception {
        QemuVm vm = attach();
        BlockingQueue<String> commands = new LinkedBlockingQueue<>();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            client.serve(
                    command -> {
                        commands.add(command);
                        return JsonObject.builder().put("status", "io-error").build();
                    });
            client.event("STOP", JsonObject.EMPTY);
            assertThat(commands.poll(30, TimeUnit.SECONDS)).isEqualTo("query-status");
            // The reply to this one comes after the reply to that one.
            vm.resume();
            assertThat(process.signals).isEmpty();
            vm.stop(Duration.ZERO);
        }
    }

    @Test
    void aPauseIsNoError() throws Exception {
        QemuVm vm = attach();
        BlockingQueue<String> commands = new LinkedBlockingQueue<>();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            Thread pauser =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            vm.pause();
                                            vm.resume();
                                        } catch (HypervisorFailure e) {
                                            throw new IllegalStateException(e);
                                        }
                                    });
            JsonObject stop = client.receive();
            assertThat(stop.string("execute")).contains("stop");
            client.event("STOP", JsonObject.EMPTY);
            client.reply(stop, JsonObject.EMPTY);
            JsonObject next = client.receive();
            assertThat(next.string("execute")).contains("cont");
            client.reply(next, JsonObject.EMPTY);
            assertThat(pauser.join(LONG)).isTrue();
        }
        assertThat(commands).isEmpty();
        vm.stop(Duration.ZERO);
    }

    @Test
    void lastWordsAreReadBeforeTheExitIsTold() throws Exception {
        QemuVm vm = attach();
        try (FakeQmpPeer.Client client = qmp.acceptAndGreet()) {
            client.event("SHUTDOWN", JsonObject.builder().put("reason", "guest-reset").build());
        }
        process.exit(new ProcessExit.Code(0));
        assertThat(vm.exited().get(30, TimeUnit.SECONDS).reason()).isEqualTo("guest-reset");
    }

    @Test
    void aQemuThatCannotBeReachedIsAFailureAndGone() throws Exception {
        qmp.close();
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(this::attach)
                .withMessageStartingWith(
                        "start QEMU for sandbox s: connect " + sockets.qmp() + ": ")
                .withMessageEndingWith("; QEMU ended with signal 9 and printed: last words");
        assertThat(process.exited()).isDone();
    }

    private QemuVm attach() throws HypervisorFailure {
        return attach(Specs.of(directory, directory), new LocalHost());
    }

    private QemuVm attach(VmSpec spec, Host host) throws HypervisorFailure {
        return QemuVm.attach(
                "s",
                process,
                sockets,
                new AgentEndpoint.SerialPort(sockets.agent(), AgentEndpoint.Agents.DEFAULT),
                spec,
                new Handover(host, sockets.handover(), process.pid()),
                false);
    }

    /** A process that exists in this test only, and that SIGKILL ends. */
    private final class FakeProcess implements HostProcess {
        final BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
        private final CompletableFuture<ProcessExit> exited = new CompletableFuture<>();

        void exit(ProcessExit how) {
            try {
                // As the kernel does for a process that is gone.
                qmp.close();
                console.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            exited.complete(how);
        }

        @Override
        public long pid() {
            return 4711;
        }

        @Override
        public CompletableFuture<ProcessExit> exited() {
            return exited.copy();
        }

        @Override
        public void signal(int number) {
            signals.add(number);
            if (number == 9) {
                exit(new ProcessExit.Signal(9));
            }
        }

        @Override
        public String outputTail() {
            return "last words\n";
        }
    }
}
