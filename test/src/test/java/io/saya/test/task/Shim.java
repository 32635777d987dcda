package io.saya.test.task;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.proto.containerd.sandbox.SandboxClient;
import io.saya.proto.containerd.sandbox.ShutdownSandboxRequest;
import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.task.DeleteRequest;
import io.saya.proto.containerd.task.ExecProcessRequest;
import io.saya.proto.containerd.task.KillRequest;
import io.saya.proto.containerd.task.ShutdownRequest;
import io.saya.proto.containerd.task.StartRequest;
import io.saya.proto.containerd.task.StateRequest;
import io.saya.proto.containerd.task.StateResponse;
import io.saya.proto.containerd.task.TaskClient;
import io.saya.proto.containerd.task.WaitRequest;
import io.saya.proto.containerd.types.Mount;
import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One container and its shim, started as containerd 1.6 starts it. Blocking; to be used by one
 * thread, calls may be made by many.
 */
final class Shim implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(60);

    /** A shim listens before its start returns; one that has been killed since never will. */
    private static final Duration LISTENS = Duration.ofSeconds(3);

    private static final String NAMESPACE = "tests";
    private static final String PROCESS_TYPE =
            "types.containerd.io/opencontainers/runtime-spec/1/Process";

    private final String id;
    private final Path bundle;
    private final Path rootfs;
    private final Path socket;
    private final TtrpcClient client;
    private final TaskClient tasks;
    private final SandboxClient sandboxes;

    private Shim(String id, Path bundle, Path rootfs, Path socket, TtrpcClient client) {
        this.id = id;
        this.bundle = bundle;
        this.rootfs = rootfs;
        this.socket = socket;
        this.client = client;
        this.tasks = new TaskClient(client);
        this.sandboxes = new SandboxClient(client);
    }

    /**
     * Makes a bundle and runs the shim's command {@code start}.
     *
     * @param runtime {@code saya} or {@code runc}
     * @param directory where the bundle is made, the event service listens on {@code events} and
     *     {@code rootfs} is a root file system
     * @param annotations of the specification
     */
    static Shim start(
            Transport transport,
            String runtime,
            Path directory,
            String id,
            Map<String, String> annotations,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        return start(
                transport,
                runtime,
                directory,
                id,
                specification(id, annotations, "", "", args),
                Map.of());
    }

    /** Starts a shim of the product for a sandbox that is made by the sandbox service. */
    static Shim startSandbox(Transport transport, Path directory, String id)
            throws IOException, TtrpcException, InterruptedException {
        return start(transport, "saya", directory, id, "", Map.of());
    }

    /**
     * Starts a shim with a network namespace that exists.
     *
     * @param namespace its path
     * @param environment containerd's, beyond what the test's own is
     */
    static Shim startIn(
            String namespace,
            Map<String, String> environment,
            Transport transport,
            Path directory,
            String id,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        return start(
                transport,
                "saya",
                directory,
                id,
                specification(id, Map.of(), namespace, "", args),
                environment);
    }

    /**
     * Starts a shim of the product, or finds that of the container's sandbox.
     *
     * @param environment containerd's, beyond what the test's own is
     */
    static Shim startWith(
            Map<String, String> environment,
            Transport transport,
            Path directory,
            String id,
            Map<String, String> annotations,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        return start(
                transport,
                "saya",
                directory,
                id,
                specification(id, annotations, "", "", args),
                environment);
    }

    /**
     * Starts a shim of the product for a container that has a file of the host's.
     *
     * @param environment containerd's, beyond what the test's own is
     * @param destination where the container has it
     */
    static Shim startMounting(
            Map<String, String> environment,
            Path file,
            String destination,
            Transport transport,
            Path directory,
            String id,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        var mount =
                """
                , {"destination": "%s", "type": "bind", "source": "%s",
                   "options": ["rbind", "rprivate"]}
                """
                        .formatted(destination, file);
        return start(
                transport,
                "saya",
                directory,
                id,
                specification(id, Map.of(), "", mount, args),
                environment);
    }

    private static Shim start(
            Transport transport,
            String runtime,
            Path directory,
            String id,
            String specification,
            Map<String, String> environment)
            throws IOException, TtrpcException, InterruptedException {
        var bundle = Files.createDirectories(directory.resolve("bundles").resolve(id));
        Files.createDirectory(bundle.resolve("rootfs"));
        // containerd has a FIFO here and reads it; into a file nothing is logged.
        if (!Files.exists(bundle.resolve("log"))) {
            Files.createFile(bundle.resolve("log"));
        }
        if (!specification.isEmpty()) {
            Files.writeString(bundle.resolve("config.json"), specification);
        }
        var ran = act(directory, runtime, id, environment, "start");
        var socket = Path.of(ran.succeeded().out().strip().replaceFirst("^unix://", ""));
        return new Shim(
                id,
                bundle,
                directory.resolve("rootfs"),
                socket,
                TtrpcClient.connect(
                        transport, Endpoint.unix(socket), ClientOptions.connectWithin(LISTENS)));
    }

    /** Where its specification is. */
    Path bundle() {
        return bundle;
    }

    /** The command {@code delete}, as containerd runs it for a shim that is dead. */
    static Ran deleteDead(Path directory, String id, Map<String, String> environment) {
        return act(directory, "saya", id, environment, "delete");
    }

    private static Ran act(
            Path directory,
            String runtime,
            String id,
            Map<String, String> environment,
            String action) {
        var variables = new HashMap<>(environment);
        variables.put("TTRPC_ADDRESS", directory.resolve("events").toString());
        return Ran.run(
                LIMIT,
                Path.of("/dev/null"),
                variables,
                "env",
                "-C",
                directory.resolve("bundles").resolve(id).toString(),
                binary(runtime),
                "-namespace",
                NAMESPACE,
                "-address",
                address(directory),
                "-publish-binary",
                "/bin/true",
                "-id",
                id,
                action);
    }

    private static String binary(String runtime) {
        return runtime.equals("saya")
                ? Containerd.product() + "/bin/containerd-shim-saya-v2"
                : "containerd-shim-runc-v2";
    }

    String id() {
        return id;
    }

    /** The address at which it listens, as {@code start} said. */
    Path socket() {
        return socket;
    }

    /** The address at which the shim of a sandbox of that name is to listen. */
    static Path socket(Path directory, String id) {
        return Host.shimSocket(address(directory), NAMESPACE, id);
    }

    private static String address(Path directory) {
        return directory.resolve("containerd.sock").toString();
    }

    /** The calls of the task service; without a deadline of their own. */
    TaskClient tasks() {
        return tasks;
    }

    /** The calls of the sandbox service. */
    SandboxClient sandboxes() {
        return sandboxes;
    }

    /** Limit for a call. */
    static CallOptions within() {
        return CallOptions.timeout(LIMIT);
    }

    /** Create, with standard streams that containerd would name; an empty one is absent. */
    void create(String stdin, String stdout, String stderr)
            throws TtrpcException, InterruptedException {
        tasks.create(createRequest(stdin, stdout, stderr), within());
    }

    CreateTaskRequest createRequest(String stdin, String stdout, String stderr) {
        return CreateTaskRequest.newBuilder()
                .setId(id)
                .setBundle(bundle.toString())
                .addRootfs(
                        Mount.newBuilder()
                                .setType("bind")
                                .setSource(rootfs.toString())
                                .addOptions("rbind")
                                .addOptions("rw"))
                .setStdin(stdin)
                .setStdout(stdout)
                .setStderr(stderr)
                .build();
    }

    /** Start; {@code exec} is empty for the container's first process, as everywhere here. */
    void start(String exec) throws TtrpcException, InterruptedException {
        tasks.start(StartRequest.newBuilder().setId(id).setExecId(exec).build(), within());
    }

    void kill(String exec, int signal) throws TtrpcException, InterruptedException {
        tasks.kill(
                KillRequest.newBuilder().setId(id).setExecId(exec).setSignal(signal).build(),
                within());
    }

    /** Kill of all processes of the container, as {@code ctr tasks kill --all} asks for it. */
    void killAll(int signal) throws TtrpcException, InterruptedException {
        tasks.kill(
                KillRequest.newBuilder().setId(id).setSignal(signal).setAll(true).build(),
                within());
    }

    /** Wait; returns the exit status. */
    int await(String exec) throws TtrpcException, InterruptedException {
        return tasks.wait(WaitRequest.newBuilder().setId(id).setExecId(exec).build(), within())
                .getExitStatus();
    }

    /** Delete; returns the exit status. */
    int delete(String exec) throws TtrpcException, InterruptedException {
        return tasks.delete(DeleteRequest.newBuilder().setId(id).setExecId(exec).build(), within())
                .getExitStatus();
    }

    /** Create without standard streams; returns the process that stands for the container. */
    int createdPid() throws TtrpcException, InterruptedException {
        return tasks.create(createRequest("", "", ""), within()).getPid();
    }

    StateResponse state(String exec) throws TtrpcException, InterruptedException {
        return tasks.state(StateRequest.newBuilder().setId(id).setExecId(exec).build(), within());
    }

    void exec(String exec, String... args) throws TtrpcException, InterruptedException {
        execWith(exec, "", "", "", args);
    }

    /**
     * Exec with standard streams; runc's shim wants a stderr where there is a stdout, and not the
     * same.
     */
    void execWith(String exec, String stdin, String stdout, String stderr, String... args)
            throws TtrpcException, InterruptedException {
        tasks.exec(
                ExecProcessRequest.newBuilder()
                        .setId(id)
                        .setExecId(exec)
                        .setStdin(stdin)
                        .setStdout(stdout)
                        .setStderr(stderr)
                        .setSpec(
                                Any.newBuilder()
                                        .setTypeUrl(PROCESS_TYPE)
                                        .setValue(ByteString.copyFrom(process(args), UTF_8)))
                        .build(),
                within());
    }

    /** The end that containerd makes: kill, delete, shutdown, all as far as they are still due. */
    @Override
    public void close() {
        ignoringFailure(() -> kill("", 9));
        ignoringFailure(() -> await(""));
        ignoringFailure(() -> delete(""));
        ignoringFailure(
                () -> tasks.shutdown(ShutdownRequest.newBuilder().setId(id).build(), within()));
        ignoringFailure(
                () ->
                        sandboxes.shutdownSandbox(
                                ShutdownSandboxRequest.newBuilder().setSandboxId(id).build(),
                                within()));
        client.close();
    }

    /** A call. */
    @FunctionalInterface
    interface Call {
        void make() throws TtrpcException, InterruptedException;
    }

    private static void ignoringFailure(Call call) {
        try {
            call.make();
        } catch (TtrpcException e) {
            // What is not there needs no end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String process(String... args) {
        return """
               {"terminal": false, "user": {"uid": 0, "gid": 0}, "args": [%s],
                "env": ["PATH=/bin"], "cwd": "/"}"""
                .formatted(quoted(List.of(args)));
    }

    private static String quoted(List<String> words) {
        return words.stream()
                .map(word -> '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(", "));
    }

    private static String specification(
            String id,
            Map<String, String> annotations,
            String namespace,
            String mounts,
            String... args) {
        return """
               {
                 "ociVersion": "1.0.2",
                 "process": %s,
                 "root": {"path": "rootfs"},
                 "hostname": "test",
                 "annotations": {%s},
                 "mounts": [
                   {"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                    "options": ["nosuid", "mode=755", "size=65536k"]}%s
                 ],
                 "linux": {
                   "cgroupsPath": "/saya-tests/%s",
                   "namespaces": [
                     {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
                     {"type": "network"%s}
                   ]
                 }
               }
               """
                .formatted(
                        process(args),
                        annotations.entrySet().stream()
                                .map(
                                        entry ->
                                                quoted(List.of(entry.getKey()))
                                                        + ": "
                                                        + quoted(List.of(entry.getValue())))
                                .collect(Collectors.joining(", ")),
                        mounts,
                        id,
                        namespace.isEmpty() ? "" : ", \"path\": \"" + namespace + "\"");
    }
}
