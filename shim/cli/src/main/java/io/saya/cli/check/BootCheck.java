package io.saya.cli.check;

import io.saya.cli.call.Invocation;
import io.saya.cli.host.Program;
import io.saya.cli.sandbox.ManagementClient;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.task.DeleteRequest;
import io.saya.proto.containerd.task.ShutdownRequest;
import io.saya.proto.containerd.task.StartRequest;
import io.saya.proto.containerd.task.TaskClient;
import io.saya.proto.containerd.task.WaitRequest;
import io.saya.shim.management.ManagementSocket;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Starts a real sandbox the way containerd does, without containerd: the launcher, its guard, a
 * daemon, QEMU, the guest, and in it one container, whose program is the launcher itself (a static
 * binary that every installation has), asked for its version. Tells how long each phase took.
 */
public final class BootCheck {
    private static final String ID = "saya-check-" + ProcessHandle.current().pid();
    private static final String NAMESPACE = "saya-check";

    /** A boot under emulation on a host that is busy. */
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(3);

    private static final Duration STATUS_LIMIT = Duration.ofSeconds(5);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

    /** Asks the daemon of the sandbox that was started. */
    @FunctionalInterface
    public interface Status {
        JsonObject ask() throws IOException;
    }

    private final Invocation invocation;
    private final Path launcher;
    private final Path bundle;

    private BootCheck(Invocation invocation, Path bundle) {
        this.invocation = invocation;
        this.launcher = invocation.installation().resolve("bin/containerd-shim-saya-v2");
        this.bundle = bundle;
    }

    /**
     * Boots, and takes everything away again. Blocks for the whole of it.
     *
     * @param whileUp may ask the daemon for its status, once the guest is up; the sandbox is there
     *     until it returns
     */
    public static Finding boot(Invocation invocation, Consumer<Status> whileUp) {
        try {
            Path bundle = Files.createTempDirectory("saya-check");
            BootCheck check = new BootCheck(invocation, bundle);
            try {
                return check.run(whileUp);
            } finally {
                check.cleanUp();
            }
        } catch (IOException | TtrpcException e) {
            return Finding.fail("boot", String.valueOf(e.getMessage()), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.fail("boot", "interrupted", "");
        }
    }

    private Finding run(Consumer<Status> whileUp)
            throws IOException, TtrpcException, InterruptedException {
        makeBundle();
        long begin = System.nanoTime();
        Program start = launcher("start");
        if (start.exitCode() != 0) {
            return Finding.fail("boot", start.output().strip(), "");
        }
        Endpoint endpoint = endpoint(start.output().strip());
        try (Transport transport = Transport.open("boot-check");
                TtrpcClient client =
                        TtrpcClient.connect(
                                transport, endpoint, ClientOptions.connectWithin(CALL_LIMIT))) {
            TaskClient tasks = new TaskClient(client);
            tasks.create(
                    CreateTaskRequest.newBuilder().setId(ID).setBundle(bundle.toString()).build(),
                    CallOptions.timeout(BOOT_LIMIT));
            long booted = System.nanoTime();
            awaitStatus();
            whileUp.accept(() -> new ManagementClient(managementSocket()).json("/status"));
            tasks.start(
                    StartRequest.newBuilder().setId(ID).build(), CallOptions.timeout(CALL_LIMIT));
            int exit =
                    tasks.wait(
                                    WaitRequest.newBuilder().setId(ID).build(),
                                    CallOptions.timeout(CALL_LIMIT))
                            .getExitStatus();
            tasks.delete(
                    DeleteRequest.newBuilder().setId(ID).build(), CallOptions.timeout(CALL_LIMIT));
            tasks.shutdown(
                    ShutdownRequest.newBuilder().setId(ID).build(),
                    CallOptions.timeout(CALL_LIMIT));
            return exit == 0
                    ? Finding.pass(
                            "boot",
                            "a container was ready after "
                                    + Duration.ofNanos(booted - begin).toMillis()
                                    + " ms, ran, and its VM is gone")
                    : Finding.fail("boot", "the container's program ended with status " + exit, "");
        }
    }

    private static Endpoint endpoint(String answer) throws IOException {
        String address = answer;
        if (answer.startsWith("{")) {
            try {
                address = Json.parseObject(answer).string("address").orElse("");
            } catch (JsonException e) {
                throw new IOException("start answered: " + answer, e);
            }
        }
        if (!address.startsWith("unix://")) {
            throw new IOException("start answered: " + answer + " (expected: unix://PATH)");
        }
        return Endpoint.unix(Path.of(address.substring("unix://".length())));
    }

    /** The daemon opens its management socket when the guest is up, beside the answer to Create. */
    private void awaitStatus() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + STATUS_LIMIT.toNanos();
        ManagementClient client = new ManagementClient(managementSocket());
        while (true) {
            try {
                client.json("/status");
                return;
            } catch (IOException e) {
                if (System.nanoTime() >= deadline) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    private Path managementSocket() throws IOException {
        try (var all = Files.newDirectoryStream(invocation.runBase(), ID + "-*")) {
            for (Path directory : all) {
                return directory.resolve(ManagementSocket.NAME);
            }
        }
        throw new IOException("no run directory of " + ID + " below " + invocation.runBase());
    }

    private Program launcher(String action) throws IOException {
        return Program.run(
                CALL_LIMIT,
                bundle,
                invocation
                        .configFile()
                        .map(file -> Map.of("SAYA_CONF_FILE", file.toAbsolutePath().toString()))
                        .orElse(Map.of()),
                launcher,
                "-namespace",
                NAMESPACE,
                "-address",
                "",
                "-publish-binary",
                "/bin/true",
                "-id",
                ID,
                action);
    }

    private void makeBundle() throws IOException {
        Path root = Files.createDirectories(bundle.resolve("rootfs"));
        for (String directory : List.of("proc", "sys", "dev", "tmp")) {
            Files.createDirectory(root.resolve(directory));
        }
        Path program = Files.copy(launcher, root.resolve("program"));
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " cannot be made executable");
        }
        JsonObject spec =
                Json.parseObject(
                        """
                        {"ociVersion": "1.0.2", "hostname": "check", "root": {"path": "rootfs"},
                         "process": {"args": ["/program", "-v"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/"]},
                         "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
                         "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}, {"type": "network"}]}}
                        """);
        Files.write(bundle.resolve("config.json"), Json.writeBytes(spec));
    }

    /** The launcher's delete ends whatever is left, in every case. */
    private void cleanUp() throws IOException {
        launcher("delete");
        try (var files = Files.walk(bundle)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The phases of a status, as one line. */
    static String describe(JsonObject status) {
        StringBuilder line = new StringBuilder();
        for (JsonObject phase : status.array("phases").orElse(JsonArray.EMPTY).objects()) {
            line.append(line.isEmpty() ? "" : ", ")
                    .append(phase.string("phase").orElse(""))
                    .append(' ')
                    .append(phase.integer("ms").orElse(0))
                    .append(" ms");
        }
        return line.toString();
    }
}
