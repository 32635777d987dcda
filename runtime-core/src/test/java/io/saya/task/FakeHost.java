package io.saya.task;

import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.ProcessExit;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A host whose mounts and processes exist in memory only. */
public class FakeHost implements Host {

    final List<HookCommand> hooks = new CopyOnWriteArrayList<>();
    final Set<Path> mounted = ConcurrentHashMap.newKeySet();
    final List<FakeProcess> processes = new CopyOnWriteArrayList<>();
    private volatile boolean stuck;
    private volatile boolean standInsRefused;
    private final CountDownLatch signalsToStuck = new CountDownLatch(2);
    private final AtomicInteger pids = new AtomicInteger(1_000_000);

    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data)
            throws IOException {
        if (source.contains("unmountable")) {
            throw new IOException("mount " + source + " at " + target + ": no such device");
        }
        boolean changes = flags.contains(MountFlag.REMOUNT) || source.isEmpty();
        if (!changes) {
            mounted.add(target);
        }
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) {
        mounted.remove(target);
    }

    /** A namespace without anything in it. */
    @Override
    public byte[] netlink(Path namespace, byte[] messages) {
        return new byte[0];
    }

    /** A VMM that takes every card. */
    @Override
    public String command(MonitorCommand command) {
        return "{\"return\": {}}";
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) {
        FakeProcess process = new FakeProcess(spec.argv(), pids.incrementAndGet());
        processes.add(process);
        return process;
    }

    @Override
    public HostProcess hook(HookCommand command) {
        hooks.add(command);
        FakeProcess process = new FakeProcess(command.argv(), pids.incrementAndGet());
        processes.add(process);
        if (!command.program().endsWith("hangs")) {
            process.exited.complete(
                    new ProcessExit.Code(command.program().endsWith("fails") ? 3 : 0));
        }
        return process;
    }

    @Override
    public HostProcess standIn(StandInSpec spec) throws IOException {
        if (standInsRefused) {
            throw new IOException("no more processes");
        }
        FakeProcess process = new FakeProcess(List.of(spec.title()), pids.incrementAndGet());
        processes.add(process);
        return process;
    }

    @Override
    public HostProcess known(int handle, long pid, String name) {
        return processes.stream()
                .filter(process -> process.handle() == handle)
                .findFirst()
                .orElseThrow();
    }

    /** From now on nothing can stand for a container. */
    void refuseStandIns() {
        standInsRefused = true;
    }

    /** From now on the kernel does not let go of processes. */
    void beStuck() {
        stuck = true;
    }

    /** Waits until virtiofsd, stuck, has got two signals. */
    boolean awaitSecondSignal() throws InterruptedException {
        return signalsToStuck.await(20, TimeUnit.SECONDS);
    }

    /** All of them end. */
    void letGo() {
        stuck = false;
        for (FakeProcess process : processes) {
            process.signal(9);
        }
    }

    /** virtiofsd leaves by itself when its VMM is gone. */
    void vmIsGone() {
        for (FakeProcess process : processes) {
            if (!stuck && process.isVirtiofsd()) {
                process.exited.complete(new ProcessExit.Code(0));
            }
        }
    }

    /** Ends with the signal it gets. */
    final class FakeProcess implements HostProcess {
        private final List<String> argv;
        private final long pid;
        private final CompletableFuture<ProcessExit> exited = new CompletableFuture<>();

        FakeProcess(List<String> argv, long pid) {
            this.argv = argv;
            this.pid = pid;
        }

        @Override
        public int handle() {
            return (int) pid;
        }

        List<String> argv() {
            return argv;
        }

        private boolean isVirtiofsd() {
            return argv.getFirst().contains("virtiofsd");
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public CompletableFuture<ProcessExit> exited() {
            return exited;
        }

        @Override
        public void signal(int number) {
            if (stuck) {
                if (isVirtiofsd()) {
                    signalsToStuck.countDown();
                }
            } else {
                exited.complete(new ProcessExit.Signal(number));
            }
        }

        @Override
        public String outputTail() {
            return "";
        }
    }
}
