package io.saya.network;

import static io.saya.host.Signal.SIGKILL;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmExit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/** A VM that has nothing but cards, each a process that holds its tap. */
final class TapVm implements Vm, AutoCloseable {

    final List<String> log = new ArrayList<>();

    /** The guest does not let go of cards. */
    boolean stubborn;

    /** The VMM plugs cards and does not say so in time. */
    boolean silent;

    private final Map<String, HostProcess> cards = new HashMap<>();
    private final Host host;
    private final Path namespace;
    private final int slots;

    TapVm(Host host, Path namespace, int slots) {
        this.host = host;
        this.namespace = namespace;
        this.slots = slots;
    }

    @Override
    public int freeSlots() {
        return slots - cards.size();
    }

    @Override
    public String plug(VmDevice.Network card) throws HypervisorFailure {
        log.add("plug " + card.id() + " " + card.tap());
        try {
            cards.put(
                    card.id(),
                    host.spawn(
                            new SpawnSpec(
                                    List.of("/bin/sleep", "60"),
                                    Map.of(),
                                    List.of(),
                                    Optional.of(namespace),
                                    Path.of("/"),
                                    new Placement(
                                            List.of(),
                                            List.of(
                                                    new Placement.InheritedTap(
                                                            "tap", card.tap(), card.kind())),
                                            Optional.empty(),
                                            OptionalInt.empty()))));
        } catch (IOException e) {
            throw new HypervisorFailure("plug", e);
        }
        if (silent) {
            throw new HypervisorFailure("plug: no answer");
        }
        return "1e/00";
    }

    @Override
    public void unplug(VmDevice.Network card) throws HypervisorFailure {
        log.add("unplug " + card.id());
        if (stubborn) {
            throw new HypervisorFailure("the guest does not let go of it");
        }
        HostProcess process = cards.remove(card.id());
        if (process != null) {
            end(process);
        }
    }

    @Override
    public void close() {
        cards.values().forEach(TapVm::end);
        cards.clear();
    }

    private static void end(HostProcess process) {
        process.signal(SIGKILL);
        var _ = process.exited().join();
    }

    @Override
    public long pid() {
        return 1;
    }

    @Override
    public CompletableFuture<VmExit> exited() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> vmmReady() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> channelClosed() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> channelOpen() {
        return new CompletableFuture<>();
    }

    @Override
    public GuestConsole console() {
        throw new UnsupportedOperationException("no test looks at it");
    }

    @Override
    public String consoleTail() {
        return "";
    }

    @Override
    public String vmmOutputTail() {
        return "";
    }

    @Override
    public AgentEndpoint agent() {
        throw new UnsupportedOperationException("it has none");
    }

    @Override
    public int vcpus() {
        return 1;
    }

    @Override
    public List<Long> cpuThreads() {
        return List.of();
    }

    @Override
    public int setVcpus(int vcpus) {
        return vcpus;
    }

    @Override
    public int memoryMib() {
        return 2048;
    }

    @Override
    public int requestMemory(int mib) {
        return mib;
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void stop(Duration grace) {
        close();
    }
}
