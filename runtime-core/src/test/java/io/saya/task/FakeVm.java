package io.saya.task;

import io.saya.host.ProcessExit;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestConsole;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmExit;
import io.saya.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A VM that does what it is told. */
public final class FakeVm implements Vm {

    static final int PID = 4242;

    private final CompletableFuture<VmExit> exited = new CompletableFuture<>();

    /** Whether its guest has panicked and its memory is written. */
    volatile boolean dumping;

    /** Whether nobody can be told what it has printed. */
    volatile boolean mute;

    /** What its guest has printed. */
    volatile String printed = "[    0.000000] Linux version 6.1";

    private volatile CompletableFuture<Void> letGo = CompletableFuture.completedFuture(null);

    /** The kernel does not let go of it until the caller completes the result. */
    CompletableFuture<Void> beStuck() {
        CompletableFuture<Void> free = new CompletableFuture<>();
        letGo = free;
        return free;
    }

    /** It ends, and nobody asked for it. */
    public void crash() {
        exited.complete(new VmExit(new ProcessExit.Signal(9), "", false));
    }

    /** Its guest ends it, and nobody asked for it. */
    void endedByItsGuest(String reason) {
        exited.complete(new VmExit(new ProcessExit.Code(0), reason, false));
    }

    @Override
    public JsonObject held() {
        return JsonObject.EMPTY;
    }

    @Override
    public boolean dumping() {
        return dumping;
    }

    @Override
    public long pid() {
        return PID;
    }

    @Override
    public CompletableFuture<VmExit> exited() {
        return exited;
    }

    @Override
    public CompletableFuture<Void> vmmReady() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> channelClosed() {
        return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> channelOpen() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public GuestConsole console() {
        throw new UnsupportedOperationException("no test looks at it");
    }

    @Override
    public String consoleTail() {
        if (mute) {
            throw new IllegalStateException("nobody has thought of it");
        }
        return printed;
    }

    @Override
    public String vmmOutputTail() {
        if (mute) {
            throw new IllegalStateException("nobody has thought of it");
        }
        return "";
    }

    @Override
    public AgentEndpoint agent() {
        return new AgentEndpoint.SerialPort(
                Path.of("/nowhere/agent.sock"), AgentEndpoint.Agents.DEFAULT);
    }

    @Override
    public int freeSlots() {
        return 0;
    }

    @Override
    public String plug(VmDevice.Network card) {
        throw new UnsupportedOperationException("no test plugs");
    }

    @Override
    public void unplug(VmDevice.Network card) {
        throw new UnsupportedOperationException("no test plugs");
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
        try {
            letGo.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
        exited.complete(new VmExit(new ProcessExit.Code(0), "host-qmp-quit", true));
    }
}
