package io.saya.qemu;

import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.DiskPlan;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmExit;
import io.saya.hypervisor.VmSpec;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import io.saya.qemu.saved.MemoryImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A VM in a QEMU process, watched from the moment that process exists. Thread safe. */
final class QemuVm implements Vm {
    private static final Log LOG = Log.of("qemu");

    /**
     * Limit for commands that QEMU carries out at once. On a busy host it may not get a processor
     * for seconds; one that is stopped or gone is noticed elsewhere, and sooner.
     */
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(30);

    /** What takes a quarter of a second on a quiet host; after that the guest boots instead. */
    private static final Duration RESTORE_LIMIT = Duration.ofSeconds(15);

    /**
     * Limit for the last events and console lines after the process is gone. They lie in the
     * sockets already, so this is never reached unless someone else holds QEMU's end.
     */
    private static final Duration DRAIN_DEADLINE = Duration.ofSeconds(1);

    /** Interval between complaints about a process that survives SIGKILL (stuck in the kernel). */
    private static final Duration KILL_REMINDER = Duration.ofSeconds(10);

    private final String sandboxId;
    private final HostProcess process;
    private final AgentEndpoint agent;
    private final ConsoleReader console;
    private final QmpConnection qmp;
    private final PluggedCards cards;
    private final PluggedDisks disks;
    private final PluggedCpus cpus;
    private final GrowingMemory memory;
    private final MachineState state;
    private final VmSpec.Debug debug;
    private final StandingGuest standing;
    private final boolean restored;
    private final GuestEnd end = new GuestEnd();
    private final CompletableFuture<VmExit> exited = new CompletableFuture<>();
    private final CompletableFuture<Void> vmmReady = new CompletableFuture<>();
    private final CompletableFuture<Void> channelOpen = new CompletableFuture<>();
    private final CompletableFuture<Void> channelClosed = new CompletableFuture<>();

    private volatile boolean stopRequested;

    /** What the machine has room for, and has got of it. */
    private record Plugged(
            int slots,
            DiskPlan disks,
            Function<QmpConnection, PluggedCpus> cpus,
            Function<QmpConnection, GrowingMemory> memory) {}

    private QemuVm(
            String sandboxId,
            HostProcess process,
            VmSockets sockets,
            AgentEndpoint agent,
            Plugged plugged,
            Handover handover,
            VmSpec.Debug debug,
            boolean restored)
            throws IOException {
        this.sandboxId = sandboxId;
        this.process = process;
        this.agent = agent;
        this.debug = debug;
        this.console = ConsoleReader.open(sockets.console(), sandboxId, debug.verbose());
        try {
            this.qmp = QmpConnection.connect(sockets.qmp());
        } catch (IOException e) {
            console.close();
            throw e;
        }
        this.restored = restored;
        this.state = new MachineState(qmp, handover, process.pid());
        this.cards = new PluggedCards(qmp, new TapHandover(handover), plugged.slots());
        this.disks = new PluggedDisks(qmp, handover, plugged.slots(), plugged.disks());
        this.cpus = plugged.cpus().apply(qmp);
        this.memory = plugged.memory().apply(qmp);
        this.standing =
                new StandingGuest(
                        sandboxId,
                        process,
                        qmp,
                        end,
                        debug.dump()
                                .map(
                                        wanted ->
                                                new StandingGuest.Dump(
                                                        new PanicDump(
                                                                wanted, sandboxId, process,
                                                                handover),
                                                        memory::mib,
                                                        console::tail)));
        var _ = qmp.serving().thenAccept(_ -> vmmReady.complete(null));
        var _ = qmp.ended().thenAccept(this::onMonitorLost);
        qmp.begin(sandboxId, this::onEvent); // last: events are for all of these
    }

    /**
     * Takes charge of a QEMU process that was just started.
     *
     * @param restored whether it waits for the state of another
     * @throws HypervisorFailure if it cannot be reached; it has been killed then
     */
    static QemuVm attach(
            String sandboxId,
            HostProcess process,
            VmSockets sockets,
            AgentEndpoint agent,
            VmSpec spec,
            Handover handover,
            boolean restored)
            throws HypervisorFailure {
        QemuVm vm;
        try {
            vm =
                    new QemuVm(
                            sandboxId,
                            process,
                            sockets,
                            agent,
                            new Plugged(
                                    spec.devices().plugSlots(),
                                    spec.devices().disks(),
                                    qmp -> new PluggedCpus(qmp, spec.cpu().vcpus()),
                                    qmp -> GrowingMemory.of(qmp, spec.memory())),
                            handover,
                            spec.debug(),
                            restored);
        } catch (IOException e) {
            process.signal(Signal.SIGKILL);
            String end =
                    Waited.regardless(process.exited(), KILL_REMINDER)
                                    instanceof Waited.Done(ProcessExit exit)
                            ? "ended with " + exit.describe()
                            : "survives SIGKILL, and the guard is left with it";
            throw new HypervisorFailure(
                    "start QEMU for sandbox "
                            + sandboxId
                            + ": "
                            + e.getMessage()
                            + "; QEMU "
                            + end
                            + " and printed: "
                            + printed(process).strip(),
                    e);
        }
        Thread.ofVirtual().name("vm-exit-" + sandboxId).start(vm::awaitEnd);
        return vm;
    }

    /**
     * Goes on with a QEMU process that another daemon holds. QEMU serves one client at a time, so
     * it answers when that one has ended; what it told meanwhile is asked for then.
     *
     * @throws IOException if it cannot be reached; it is left as it is
     */
    static QemuVm goOn(
            String sandboxId,
            HostProcess process,
            VmSockets sockets,
            Handover handover,
            JsonObject held)
            throws IOException {
        QemuVm vm =
                new QemuVm(
                        sandboxId,
                        process,
                        sockets,
                        new AgentEndpoint.SerialPort(sockets.agent(), AgentEndpoint.Agents.DEFAULT),
                        new Plugged(
                                (int) held.integer("slots").orElse(0),
                                DiskWords.goOn(held.object("disk_plan").orElse(JsonObject.EMPTY)),
                                qmp ->
                                        PluggedCpus.goingOn(
                                                qmp, held.object("cpus").orElse(JsonObject.EMPTY)),
                                qmp ->
                                        GrowingMemory.goingOn(
                                                qmp,
                                                held.object("memory").orElse(JsonObject.EMPTY))),
                        handover,
                        DebugWords.goOn(held.object("debug").orElse(JsonObject.EMPTY)),
                        held.bool("restored").orElse(false));
        vm.disks.goOn(held.array("disks").orElse(JsonArray.EMPTY));
        vm.channelOpen.complete(null);
        Thread.ofVirtual().name("vm-exit-" + sandboxId).start(vm::awaitEnd);
        var _ = vm.qmp.serving().thenRun(vm.standing::ask);
        return vm;
    }

    @Override
    public JsonObject held() throws HypervisorFailure {
        if (cards.freeSlots() < cards.slots()) {
            throw new HypervisorFailure("network cards were plugged while the guest runs");
        }
        if (!(agent instanceof AgentEndpoint.SerialPort)) {
            throw new HypervisorFailure("the agent is not at a serial port");
        }
        return JsonObject.builder()
                .put("handle", process.handle())
                .put("pid", process.pid())
                .put("slots", cards.slots())
                .put("disk_plan", DiskWords.held(disks.plan()))
                .put("disks", disks.held())
                .put("cpus", cpus.held())
                .put("memory", memory.held())
                .put("debug", DebugWords.held(debug))
                .put("restored", restored)
                .build();
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean restored() {
        return restored;
    }

    /** See {@link io.saya.hypervisor.TemplateHypervisor#save}. */
    void save(Path directory, long limitBytes) throws HypervisorFailure {
        pause();
        state.save(directory, limitBytes);
    }

    /**
     * Loads what {@link #save} has left, plugs the devices in, and lets the guest run. A QEMU that
     * hangs is killed when the limit is over, at which whatever waits for it fails.
     *
     * @param memory fills this VM's memory already
     */
    void load(MemoryImage image, MemoryCopy memory, List<VmDevice> devices)
            throws HypervisorFailure {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().name("vm-restore-" + sandboxId).start(() -> killUnless(done));
        long begun = System.nanoTime();
        try {
            Failpoints.reach(Moment.TEMPLATE_LOAD);
            state.load(image, memory, exited);
            Failpoints.reach(Moment.TEMPLATE_PLUG);
            long loaded = System.nanoTime();
            for (VmDevice device : devices) {
                switch (device) {
                    case VmDevice.VirtioFs share -> state.plug(share);
                    case VmDevice.Network card -> cards.plug(card);
                    case VmDevice.Balloon(), VmDevice.Block _, VmDevice.HostPci _ -> {
                        // Part of the machine, or not of one that starts from a template.
                    }
                }
            }
            resume();
            LOG.debug(
                    "template loaded",
                    "load_us",
                    (loaded - begun) / 1000,
                    "plug_us",
                    (System.nanoTime() - loaded) / 1000);
        } finally {
            done.complete(null);
        }
    }

    private void killUnless(CompletableFuture<Void> done) {
        if (!Waited.on(done, RESTORE_LIMIT).isDone()) {
            LOG.warn("QEMU does not load a template within " + RESTORE_LIMIT + ", killing it");
            process.signal(Signal.SIGKILL);
        }
    }

    @Override
    public CompletableFuture<VmExit> exited() {
        return exited.copy();
    }

    @Override
    public boolean dumping() {
        return standing.dumping();
    }

    @Override
    public CompletableFuture<Void> vmmReady() {
        return vmmReady.copy();
    }

    @Override
    public CompletableFuture<Void> channelOpen() {
        return channelOpen.copy();
    }

    @Override
    public CompletableFuture<Void> channelClosed() {
        return channelClosed.copy();
    }

    @Override
    public GuestConsole console() {
        return console;
    }

    @Override
    public String consoleTail() {
        return console.tail();
    }

    @Override
    public String vmmOutputTail() {
        return printed(process);
    }

    /** What QEMU has printed, but that it waits for us ({@code Chardev.AwaitedSocket}). */
    private static String printed(HostProcess process) {
        return process.outputTail()
                .lines()
                .filter(line -> !line.contains(": info: QEMU waiting for connection on: "))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public AgentEndpoint agent() {
        return agent;
    }

    @Override
    public int freeSlots() {
        return cards.freeSlots();
    }

    @Override
    public String plug(VmDevice.Network card) throws HypervisorFailure {
        return cards.plug(card);
    }

    @Override
    public void unplug(VmDevice.Network card) throws HypervisorFailure {
        cards.unplug(card);
    }

    @Override
    public boolean takesDisks() {
        return disks.plan().places().ofContainers() > 0;
    }

    @Override
    public String plug(VmDevice.Block disk) throws HypervisorFailure {
        return disks.plug(disk);
    }

    @Override
    public void unplug(VmDevice.Block disk) throws HypervisorFailure {
        disks.unplug(disk);
    }

    @Override
    public int vcpus() {
        return cpus.count();
    }

    @Override
    public int setVcpus(int vcpus) throws HypervisorFailure {
        return cpus.set(vcpus);
    }

    @Override
    public boolean moreVcpusLater() {
        return cpus.postponed();
    }

    @Override
    public List<Long> cpuThreads() throws HypervisorFailure {
        return CpuThreads.of(qmp, Path.of("/proc", Long.toString(pid()), "task"));
    }

    @Override
    public int memoryMib() throws HypervisorFailure {
        return memory.mib();
    }

    @Override
    public int requestMemory(int mib) throws HypervisorFailure {
        return memory.request(mib);
    }

    @Override
    public void pause() throws HypervisorFailure {
        standing.wanted(true);
        execute("pause", "stop");
    }

    @Override
    public void resume() throws HypervisorFailure {
        execute("resume", "cont");
        standing.wanted(false);
    }

    @Override
    public void stop(Duration grace) {
        stopRequested = true;
        standing.endRequested();
        if (grace.isPositive() && !qmp.ended().isDone()) {
            // The process shows whether QEMU took it, so the answer does not matter.
            CompletableFuture<?> _ = qmp.submit(new QmpCommand("quit"));
            if (awaitExit(grace)) {
                return;
            }
            LOG.warn("QEMU does not quit, killing it", "sandbox_vm", sandboxId, "pid", pid());
        }
        do {
            process.signal(Signal.SIGKILL);
            if (awaitExit(KILL_REMINDER)) {
                return;
            }
            LOG.error("QEMU survives SIGKILL", "sandbox_vm", sandboxId, "pid", pid());
        } while (true);
    }

    /** Not ended by interruption: a VM that is being stopped must be gone when stop returns. */
    private boolean awaitExit(Duration limit) {
        return Waited.regardless(exited, limit).isDone();
    }

    private void execute(String purpose, String command) throws HypervisorFailure {
        try {
            qmp.execute(new QmpCommand(command), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            throw new HypervisorFailure(
                    purpose + " VM of sandbox " + sandboxId + ": " + e.getMessage(), e);
        }
    }

    private void awaitEnd() {
        ProcessExit exit = process.exited().join();
        console.hurry();
        drain(qmp.ended());
        drain(console.ended());
        qmp.close();
        console.close();
        exited.complete(new VmExit(exit, end.reason(), stopRequested));
    }

    private static void drain(CompletableFuture<?> ended) {
        if (!Waited.on(ended, DRAIN_DEADLINE).isDone()) {
            LOG.warn("QEMU is gone, but its sockets are held open");
        }
    }

    private void onEvent(QmpEvent event) {
        end.note(event);
        standing.note(event);
        if (event.name().startsWith("DEVICE_")) {
            cards.note(event);
            disks.note(event);
            cpus.note(event);
        }
        if (event.name().equals("VSERPORT_CHANGE")) {
            // The agent's is the only port there is. QEMU tells of one change a second, the latest:
            // what was opened before and is said to be open was closed meanwhile.
            if (channelOpen.isDone()) {
                channelClosed.complete(null);
            } else if (event.data().bool("open").orElse(false)) {
                channelOpen.complete(null);
            }
        }
    }

    /** A guest that floods the monitor is ended: its QEMU would go on to fill the host's memory. */
    private void onMonitorLost(QmpFailure cause) {
        if (cause.kind() == QmpFailure.Kind.FLOOD) {
            LOG.warn("VM is ended", "sandbox_vm", sandboxId, "error", cause);
            end.note("event-flood");
            process.signal(Signal.SIGKILL);
        }
    }
}
