package io.saya.test.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.CloseStdinRequest;
import io.saya.proto.agent.CopyFileRequest;
import io.saya.proto.agent.CreateContainerRequest;
import io.saya.proto.agent.ExecProcessRequest;
import io.saya.proto.agent.HealthClient;
import io.saya.proto.agent.ReadStreamRequest;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.proto.agent.RemoveContainerRequest;
import io.saya.proto.agent.SignalProcessRequest;
import io.saya.proto.agent.StartContainerRequest;
import io.saya.proto.agent.WaitProcessRequest;
import io.saya.proto.agent.WriteStreamRequest;
import io.saya.proto.agent.oci.Linux;
import io.saya.proto.agent.oci.LinuxCapabilities;
import io.saya.proto.agent.oci.LinuxNamespace;
import io.saya.proto.agent.oci.LinuxResources;
import io.saya.proto.agent.oci.Mount;
import io.saya.proto.agent.oci.Process;
import io.saya.proto.agent.oci.Root;
import io.saya.proto.agent.oci.Spec;
import io.saya.proto.agent.oci.User;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.UnaryClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What the contract says to an agent over one connection. */
final class ContractClient implements AutoCloseable {

    /** For an answer. A guest that is emulated twice is given more. */
    static final Duration LIMIT = Duration.ofSeconds(Long.getLong("saya.agent.limit", 60));

    static final CallOptions SOON = CallOptions.timeout(LIMIT);

    /** Where agents of all releases take files, and find them. */
    private static final String ROOT = "/run/kata-containers/shared/containers/contract/rootfs";

    private static final int DIRECTORY = 0040755;
    private static final int PROGRAM = 0100755;
    private static final int PIECE = 1 << 20;
    private static final int READ = 32 << 10;

    private static final List<String> CAPABILITIES =
            List.of("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETUID", "CAP_SETGID");

    final AgentClient agent;
    final HealthClient health;
    final UnaryClient connection;

    ContractClient(UnaryClient connection) {
        this.connection = connection;
        this.agent = new AgentClient(connection);
        this.health = new HealthClient(connection);
    }

    /**
     * Brings a root into the guest: busybox, and nothing else. Agents of Kata 1.x copy files only;
     * where something is to be mounted, runtimes make the directory.
     */
    void bringRoot() throws IOException, TtrpcException, InterruptedException {
        copy(ROOT + "/bin/busybox", Files.readAllBytes(Path.of("/bin/busybox")), PROGRAM);
    }

    private void copy(String path, byte[] data, int mode)
            throws TtrpcException, InterruptedException {
        for (int offset = 0; offset == 0 || offset < data.length; offset += PIECE) {
            agent.copyFile(
                    CopyFileRequest.newBuilder()
                            .setPath(path)
                            .setFileSize(data.length)
                            .setFileMode(mode)
                            .setDirMode(DIRECTORY)
                            .setOffset(offset)
                            .setData(
                                    ByteString.copyFrom(
                                            data, offset, Math.min(PIECE, data.length - offset)))
                            .build(),
                    SOON);
        }
    }

    /**
     * A process.
     *
     * @param arguments of busybox: the name of an applet first
     */
    static Process process(boolean terminal, String... arguments) {
        var capabilities =
                LinuxCapabilities.newBuilder()
                        .addAllBounding(CAPABILITIES)
                        .addAllEffective(CAPABILITIES)
                        .addAllPermitted(CAPABILITIES);
        return Process.newBuilder()
                .setTerminal(terminal)
                .addArgs("/bin/busybox")
                .addAllArgs(List.of(arguments))
                .addEnv("PATH=/bin")
                .setCwd("/")
                .setUser(User.getDefaultInstance())
                .setCapabilities(capabilities)
                .build();
    }

    /** Makes and starts a container. */
    void run(String id, LinuxResources resources, String... arguments)
            throws TtrpcException, InterruptedException {
        var linux = Linux.newBuilder().setCgroupsPath("/contract/" + id).setResources(resources);
        for (var type : List.of("ipc", "uts", "mount")) {
            linux.addNamespaces(LinuxNamespace.newBuilder().setType(type));
        }
        var spec =
                Spec.newBuilder()
                        .setVersion("1.0.2")
                        .setProcess(process(false, arguments))
                        .setRoot(Root.newBuilder().setPath(ROOT))
                        .addMounts(mount("/proc", "proc", "proc"))
                        // Agents of Kata 1.13 look at /sys/fs/cgroup of a container for each exec.
                        .addMounts(
                                mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"))
                        .addMounts(mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755"))
                        .addMounts(
                                mount("/dev/pts", "devpts", "devpts", "newinstance", "mode=0620"))
                        .setLinux(linux);
        agent.createContainer(
                CreateContainerRequest.newBuilder()
                        .setContainerId(id)
                        .setExecId(id)
                        .setOCI(spec)
                        .build(),
                SOON);
        agent.startContainer(StartContainerRequest.newBuilder().setContainerId(id).build(), SOON);
    }

    private static Mount mount(String to, String from, String type, String... options) {
        return Mount.newBuilder()
                .setDestination(to)
                .setSource(from)
                .setType(type)
                .addAllOptions(List.of(options))
                .build();
    }

    void execute(String container, String exec, boolean terminal, String... arguments)
            throws TtrpcException, InterruptedException {
        agent.execProcess(
                ExecProcessRequest.newBuilder()
                        .setContainerId(container)
                        .setExecId(exec)
                        .setProcess(process(terminal, arguments))
                        .build(),
                SOON);
    }

    CompletableFuture<ReadStreamResponse> reading(String container, String exec) {
        return agent.readStdoutAsync(read(container, exec), CallOptions.noDeadline());
    }

    private static ReadStreamRequest read(String container, String exec) {
        return ReadStreamRequest.newBuilder()
                .setContainerId(container)
                .setExecId(exec)
                .setLen(READ)
                .build();
    }

    /** Reads standard output to its end. */
    ByteString output(String container, String exec) throws Exception {
        return all(container, exec, false);
    }

    /** Reads standard error to its end. */
    ByteString errors(String container, String exec) throws Exception {
        return all(container, exec, true);
    }

    private ByteString all(String container, String exec, boolean errors) throws Exception {
        var all = ByteString.EMPTY;
        for (var data = next(container, exec, errors);
                !data.isEmpty();
                data = next(container, exec, errors)) {
            assertThat(data.size()).isLessThanOrEqualTo(READ);
            all = all.concat(data);
        }
        return all;
    }

    /** Reads standard output to its end, and counts its bytes. */
    long drained(String container, String exec) throws Exception {
        long bytes = 0;
        for (var data = next(container, exec, false);
                !data.isEmpty();
                data = next(container, exec, false)) {
            bytes += data.size();
        }
        return bytes;
    }

    /** The next bytes; none are the end. */
    private ByteString next(String container, String exec, boolean errors) throws Exception {
        while (true) {
            try {
                return (errors
                                ? agent.readStderr(read(container, exec), SOON)
                                : agent.readStdout(read(container, exec), SOON))
                        .getData();
            } catch (TtrpcStatusException e) {
                if (isEnd(e)) {
                    return ByteString.EMPTY;
                }
                if (!String.valueOf(e.getMessage()).strip().equals("eof")) {
                    throw e;
                }
            }
        }
    }

    /** How releases call the end of output. */
    private static boolean isEnd(TtrpcStatusException e) {
        var text = String.valueOf(e.getMessage()).strip();
        return text.endsWith("meet eof")
                // A terminal whose last process has gone.
                || text.startsWith("Input/output error")
                || text.equals("read /dev/ptmx: input/output error")
                || (e.code() == StatusCode.UNKNOWN && text.equals("EOF"))
                || e.code() == StatusCode.NOT_FOUND;
    }

    /** Writes all of it, however little the agent takes at a time. */
    void write(String container, String exec, ByteString data)
            throws TtrpcException, InterruptedException {
        var left = data;
        while (!left.isEmpty()) {
            int taken =
                    agent.writeStdin(
                                    WriteStreamRequest.newBuilder()
                                            .setContainerId(container)
                                            .setExecId(exec)
                                            .setData(left.substring(0, Math.min(READ, left.size())))
                                            .build(),
                                    SOON)
                            .getLen();
            assertThat(taken).isBetween(1, Math.min(READ, left.size()));
            left = left.substring(taken);
        }
    }

    void closeInput(String container, String exec) throws TtrpcException, InterruptedException {
        agent.closeStdin(
                CloseStdinRequest.newBuilder().setContainerId(container).setExecId(exec).build(),
                SOON);
    }

    int end(String container, String exec) throws Exception {
        return soon(ending(container, exec));
    }

    CompletableFuture<Integer> ending(String container, String exec) {
        return agent.waitProcessAsync(
                        WaitProcessRequest.newBuilder()
                                .setContainerId(container)
                                .setExecId(exec)
                                .build(),
                        CallOptions.noDeadline())
                .thenApply(answer -> answer.getStatus());
    }

    void signal(String container, String exec, int signal)
            throws TtrpcException, InterruptedException {
        agent.signalProcess(
                SignalProcessRequest.newBuilder()
                        .setContainerId(container)
                        .setExecId(exec)
                        .setSignal(signal)
                        .build(),
                SOON);
    }

    void remove(String container) throws TtrpcException, InterruptedException {
        agent.removeContainer(
                RemoveContainerRequest.newBuilder().setContainerId(container).build(), SOON);
    }

    /** Waits for an answer. */
    static <T> T soon(CompletableFuture<T> answer) throws Exception {
        return answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** True if a call is not answered for a while. */
    static boolean isSilent(CompletableFuture<?> call, Duration time)
            throws InterruptedException, ExecutionException {
        try {
            call.get(time.toMillis(), TimeUnit.MILLISECONDS);
            return false;
        } catch (TimeoutException e) {
            return true;
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
