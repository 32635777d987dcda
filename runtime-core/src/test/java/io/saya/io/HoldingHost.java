package io.saya.io;

import io.saya.host.HeldEnd;
import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A host that does nothing but hold ends of the FIFOs of one directory, by a process for each. */
public final class HoldingHost implements Host, AutoCloseable {
    private final Path directory;
    private final Map<Integer, Process> holders = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private volatile boolean refuses;
    private volatile boolean broken;

    /**
     * @param directory where all FIFOs are
     */
    public HoldingHost(Path directory) {
        this.directory = directory;
    }

    /** From now on nothing can be held. */
    void refuse() {
        refuses = true;
    }

    /** From now on to ask is a fault. */
    void breakDown() {
        broken = true;
    }

    /** How many ends are held. */
    public int held() {
        return holders.size();
    }

    @Override
    public HeldEnd hold(long device, long inode, HeldEnd.Side side) throws IOException {
        if (broken) {
            throw new IllegalStateException("nobody has thought of it");
        }
        if (refuses) {
            throw new IOException("hold: Operation not permitted");
        }
        String script =
                side == HeldEnd.Side.WRITE
                        ? "exec 3<>\"$1\" 4>\"$1\" 3<&-; echo held; read -r end"
                        : "exec 3<>\"$1\" 4<\"$1\" 3<&-; echo held; read -r end";
        Process holder = Peers.shell(script, fifo(device, inode));
        if (holder.getInputStream().read() != 'h') {
            throw new IOException("hold: " + side);
        }
        int handle = last.incrementAndGet();
        holders.put(handle, holder);
        return new HeldEnd(handle, (int) holder.pid(), device, inode);
    }

    private Path fifo(long device, long inode) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.toList()) {
                FileKind kind = FileKind.of(path);
                if (kind.isFifo() && kind.device() == device && kind.inode() == inode) {
                    return path;
                }
            }
        }
        throw new IOException("hold: No such file or directory");
    }

    @Override
    public void release(HeldEnd end) {
        Process holder = holders.remove(end.handle());
        if (holder != null) {
            end(holder);
        }
    }

    private static void end(Process holder) {
        holder.destroyForcibly();
        holder.onExit().join();
    }

    @Override
    public Path held(HeldEnd end) {
        return Path.of("/proc/" + end.descriptor() + "/fd/4");
    }

    @Override
    public void close() {
        holders.values().forEach(HoldingHost::end);
        holders.clear();
    }

    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data) {
        throw new AssertionError("nothing is mounted for streams");
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) {
        throw new AssertionError("nothing is unmounted for streams");
    }

    @Override
    public byte[] netlink(Path namespace, byte[] messages) {
        throw new AssertionError("streams have no network");
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) {
        throw new AssertionError("nothing is started for streams");
    }

    @Override
    public HostProcess hook(HookCommand command) {
        throw new AssertionError("streams have no hooks");
    }

    @Override
    public HostProcess standIn(StandInSpec spec) {
        throw new AssertionError("nothing stands for streams");
    }

    @Override
    public String command(MonitorCommand command) {
        throw new AssertionError("streams have no monitor");
    }
}
