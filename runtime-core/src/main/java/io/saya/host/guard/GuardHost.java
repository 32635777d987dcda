package io.saya.host.guard;

import io.saya.host.HeldEnd;
import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostFailure;
import io.saya.host.HostProcess;
import io.saya.host.MonitorCommand;
import io.saya.host.MountFlag;
import io.saya.host.SpawnSpec;
import io.saya.host.StandInSpec;
import io.saya.host.UnmountFlag;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The host as the guard process gives it. The daemon has exactly one, over its own stdin and
 * stdout, which therefore nothing else in the process may use.
 *
 * <p>When the guard is gone every call fails at once and every process counts as {@link
 * io.saya.host.ProcessExit.GuardLost}; the kernel kills this JVM then, so nobody needs to handle
 * it.
 */
public final class GuardHost implements Host {
    /** The guard writes its first frame before it executes the JVM. */
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(10);

    /** A mount may wait for a journal to be replayed or a server to answer. */
    private static final Duration MOUNT_LIMIT = Duration.ofSeconds(60);

    /** From fork to exec: only the disk that holds the program can be slow. */
    private static final Duration SPAWN_LIMIT = Duration.ofSeconds(30);

    /** The kernel answers at once, unless others hold its lock. */
    private static final Duration NETLINK_LIMIT = Duration.ofSeconds(10);

    /** QEMU may not get a processor for seconds; the guard ends each of its waits after ten. */
    private static final Duration MONITOR_LIMIT = Duration.ofSeconds(40);

    /** The kernel has to take a JVM down. */
    private static final Duration TAKE_OVER_LIMIT = Duration.ofSeconds(30);

    /** What the guard does without waiting for anybody. */
    private static final Duration REPORT_LIMIT = Duration.ofSeconds(10);

    private final GuardConnection connection;
    private final GuardStart start;

    /** Takes over this process's stdin and stdout. */
    public static GuardHost open() throws IOException {
        return new GuardHost(
                new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
    }

    /**
     * For tests: speaks over any two streams. Blocks until the guard's first frame has come, ten
     * seconds at most.
     */
    public GuardHost(InputStream in, OutputStream out) throws IOException {
        connection = new GuardConnection(in, out);
        start = connection.open(OPEN_LIMIT);
    }

    /** Returns what this daemon was started for. */
    public GuardStart start() {
        return start;
    }

    /**
     * Lets the waiting {@code start} print the address and return. To be called when the
     * configuration is valid and the socket is served; calls that come before {@code Create} wait
     * in the socket's backlog.
     */
    public void ready() throws IOException {
        connection.call(new FrameWriter(Frame.READY), "report to start", REPORT_LIMIT);
    }

    /**
     * Lets the waiting {@code start} fail with this text. The guard gives this process five seconds
     * to end; then it undoes what was done, and {@code start} returns. After {@link #ready} it only
     * begins those five seconds.
     *
     * @param reason for the operator: the thing, the value, what was expected, what to do
     */
    public void failed(String reason) throws IOException {
        connection.call(
                new FrameWriter(Frame.FAILED).string(reason), "report to start", REPORT_LIMIT);
    }

    /**
     * Starts a daemon that is to take over from this one, of the installation in a directory.
     *
     * @param whenEnded told its last words if it ends without having taken over
     */
    public void startSuccessor(Path installation, Consumer<String> whenEnded) throws IOException {
        connection.whenSuccessorEnds(whenEnded);
        connection.call(
                new FrameWriter(Frame.SUCCESSOR).string(installation.toString()),
                "start of a daemon of " + installation,
                SPAWN_LIMIT);
    }

    /**
     * For such a daemon: ends the one that serves. When this returns, that one is dead and this one
     * is the daemon. Before that, nothing else may be asked of the guard.
     */
    public void takeOver() throws IOException {
        connection.call(new FrameWriter(Frame.TAKE_OVER), "take over", TAKE_OVER_LIMIT);
    }

    @Override
    public HostProcess known(int handle, long pid, String name) {
        GuardProcess process = new GuardProcess(connection, name);
        process.started(handle, pid);
        connection.adopt(process);
        return process;
    }

    @Override
    public HeldEnd hold(long device, long inode, HeldEnd.Side side) throws IOException {
        FrameReader held =
                connection.call(
                        new FrameWriter(Frame.HOLD).u64(device).u64(inode).u8(side.access()),
                        "hold an end of a FIFO",
                        REPORT_LIMIT);
        return new HeldEnd(held.u32(), held.u32(), device, inode);
    }

    @Override
    public void release(HeldEnd end) throws IOException {
        connection.call(
                new FrameWriter(Frame.RELEASE).u32(end.handle()),
                "give up an end of a FIFO",
                REPORT_LIMIT);
    }

    @Override
    public Path held(HeldEnd end) throws IOException {
        long guard =
                ProcessHandle.current()
                        .parent()
                        .orElseThrow(() -> new IOException("the guard process is gone"))
                        .pid();
        return Path.of("/proc/" + guard + "/fd/" + end.descriptor());
    }

    @Override
    public void mount(String source, Path target, String type, Set<MountFlag> flags, String data)
            throws IOException {
        long bits = 0;
        for (MountFlag flag : flags) {
            bits |= flag.bits();
        }
        connection.call(
                new FrameWriter(Frame.MOUNT)
                        .string(source)
                        .string(target.toString())
                        .string(type)
                        .u64(bits)
                        .string(data),
                "mount of " + source + " (type " + type + ", " + flags + ", " + data + ")",
                MOUNT_LIMIT);
    }

    @Override
    public void unmount(Path target, Set<UnmountFlag> flags) throws IOException {
        long bits = 0;
        for (UnmountFlag flag : flags) {
            bits |= flag.bits();
        }
        try {
            connection.call(
                    new FrameWriter(Frame.UNMOUNT).string(target.toString()).u64(bits),
                    "unmount (" + flags + ")",
                    MOUNT_LIMIT);
        } catch (HostFailure e) {
            if (e.errno() != HostFailure.EINVAL && e.errno() != HostFailure.ENOENT) {
                throw e;
            }
        }
    }

    @Override
    public byte[] netlink(Path namespace, byte[] messages) throws IOException {
        return connection
                .call(
                        new FrameWriter(Frame.NETLINK).string(namespace.toString()).bytes(messages),
                        "rtnetlink in " + namespace,
                        NETLINK_LIMIT)
                .bytes();
    }

    @Override
    public HostProcess spawn(SpawnSpec spec) throws IOException {
        String program = spec.argv().getFirst();
        GuardProcess process =
                new GuardProcess(connection, program.substring(program.lastIndexOf('/') + 1));
        connection.spawn(SpawnRequest.of(spec), "start of " + program, process, SPAWN_LIMIT);
        return process;
    }

    @Override
    public HostProcess hook(HookCommand command) throws IOException {
        FrameWriter request = new FrameWriter(Frame.HOOK).string(command.program().toString());
        strings(request, command.argv());
        strings(request, command.environment());
        request.string(command.directory().toString())
                .bytes(command.input().getBytes(StandardCharsets.UTF_8));
        GuardProcess process = new GuardProcess(connection, "hook");
        connection.spawn(request, "start of hook " + command.program(), process, SPAWN_LIMIT);
        return process;
    }

    private static void strings(FrameWriter request, List<String> list) throws IOException {
        request.u16(list.size());
        for (String text : list) {
            request.string(text);
        }
    }

    @Override
    public HostProcess standIn(StandInSpec spec) throws IOException {
        FrameWriter request =
                new FrameWriter(Frame.STAND_IN)
                        .string(spec.title())
                        .string(spec.networkNamespace().toString())
                        .u16(spec.cgroups().size());
        for (Path cgroup : spec.cgroups()) {
            request.string(cgroup.toString());
        }
        GuardProcess process = new GuardProcess(connection, "stand-in");
        connection.spawn(request, "start of a stand-in", process, SPAWN_LIMIT);
        return process;
    }

    @Override
    public String command(MonitorCommand command) throws IOException {
        return new String(
                connection
                        .call(
                                SpawnRequest.of(command),
                                "command to the monitor at " + command.monitor(),
                                MONITOR_LIMIT)
                        .bytes(),
                StandardCharsets.UTF_8);
    }
}
