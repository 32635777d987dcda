package io.saya.test.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A containerd that can be killed and started again, with the guest of the fault suite and the
 * daemons' failpoints armed. Used by one thread; its client by many.
 */
final class Node implements AutoCloseable {
    static final String IMAGE = "saya.local/fault:latest";
    private static final String NAMESPACE = "saya-fault";

    /** Limit for one call on a busy machine; the product's own limits are shorter. */
    static final Duration LIMIT = Duration.ofSeconds(90);

    /** What ends in the background, such as a shim after Shutdown. */
    private static final Duration GONE = Duration.ofSeconds(10);

    private static final Duration START = Duration.ofSeconds(60);

    private final Path directory;
    private final Path events;

    /** Configuration files of containers, or of pods, that have one of their own. */
    private final Map<String, Path> configurations = new ConcurrentHashMap<>();

    private @Nullable Process process;
    private @Nullable Process listener;

    Node() {
        try {
            directory = Files.createTempDirectory("sayaf");
            events = Files.createFile(directory.resolve("events"));
            Files.createDirectory(failpoints());
            Files.writeString(directory.resolve("config.toml"), configuration());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var top = product().resolve("../../..").normalize();
        Ran.run(LIMIT, top + "/test/fault/guest.sh", product().toString(), directory + "/guest")
                .succeeded();
        start();
        Ran.run(
                        LIMIT,
                        "bash",
                        "-ec",
                        "source \"$1/debian.sh\"; source \"$1/containerd.sh\"; demo_image \"$2\" \"$3\"",
                        "image",
                        top + "/packaging/lib",
                        directory + "/image.tar",
                        IMAGE)
                .succeeded();
        ctr("images", "import", directory + "/image.tar").succeeded();
    }

    private static Path product() {
        return Path.of(Objects.requireNonNull(System.getProperty("saya.product"), "saya.product"));
    }

    /** Starts containerd and waits until it answers. */
    void start() {
        try {
            var builder =
                    new ProcessBuilder("containerd", "--config", directory + "/config.toml")
                            .redirectErrorStream(true)
                            .redirectOutput(
                                    ProcessBuilder.Redirect.appendTo(
                                            directory.resolve("containerd.log").toFile()));
            var environment = builder.environment();
            environment.merge("PATH", product() + "/bin", (path, bin) -> bin + ":" + path);
            environment.put("SAYA_RUN_DIR", runBase().toString());
            environment.put("SAYA_JAVA_OPTIONS", "-Dsaya.failpoints=" + failpoints());
            process = builder.start();
            if (!Wait.until(START, this::answers)) {
                throw new AssertionError("containerd does not answer within " + START + log());
            }
            listener =
                    new ProcessBuilder(command("events"))
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(events.toFile()))
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills containerd with SIGKILL and waits until it is gone. */
    void crash() {
        try {
            Objects.requireNonNull(process).destroyForcibly().waitFor();
            Objects.requireNonNull(listener).destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Runs containerd's client. */
    Ran ctr(String... arguments) {
        return Ran.run(LIMIT, command(arguments));
    }

    /** Starts containerd's client in a process of its own, its output going nowhere. */
    Process background(String... arguments) {
        try {
            return new ProcessBuilder(command(arguments))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The client's command line. */
    String[] command(String... arguments) {
        var command = new ArrayList<String>();
        command.addAll(List.of("ctr", "--address", address(), "--namespace", NAMESPACE));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    /** Has the agent of a container, or of a pod, reached by a vsock daemon. */
    void reachByVsock(String id, Path daemon) {
        // QEMU itself: the hand in the guest would need a serial port.
        configure(
                id,
                "by-vsock.toml",
                common().replaceAll("(?m)^(path|valid_hypervisor_paths) = .*\n", "")
                        + """
                        transport = "hybrid-vsock"
                        vhost_user_vsock_daemon = "%s"
                        """
                                .formatted(daemon));
    }

    /** Has so many daemons of a container, or of a pod, followed by another one. */
    void restarts(String id, int allowed) {
        configure(
                id,
                "restarts-" + allowed + ".toml",
                common() + "[runtime]\ndaemon_restarts = " + allowed + "\n");
    }

    private void configure(String id, String name, String content) {
        try {
            configurations.put(
                    id, Files.writeString(directory.resolve("guest").resolve(name), content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String common() {
        try {
            return Files.readString(directory.resolve("guest/configuration.toml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String configuration(String id) {
        return configurations
                .getOrDefault(id, directory.resolve("guest/configuration.toml"))
                .toString();
    }

    /** Starts a container in the background, as {@code ctr run -d} does. */
    String[] run(String id, String... program) {
        var command = new ArrayList<String>();
        command.addAll(List.of("run", "--detach", "--runtime", "io.containerd.saya.v2"));
        command.addAll(List.of("--runtime-config-path", configuration(id)));
        command.addAll(List.of(IMAGE, id));
        command.addAll(List.of(program));
        return command.toArray(String[]::new);
    }

    /** Starts a container of a pod; the one of the pod's own name is its sandbox container. */
    String[] runInPod(String pod, String id) {
        var root = directory.resolve("pod-root");
        var specification = directory.resolve(id + ".json");
        try {
            if (!Files.exists(root)) {
                for (var name : List.of("bin", "dev", "etc", "proc", "run", "sys", "tmp")) {
                    Files.createDirectories(root.resolve(name));
                }
                Files.copy(Path.of("/bin/busybox"), root.resolve("bin/busybox"));
            }
            var type = pod.equals(id) ? "sandbox" : "container";
            Files.writeString(
                    specification,
                    """
                    {"ociVersion": "1.0.2",
                     "process": {"args": ["/bin/busybox", "sleep", "100000"], "cwd": "/", "user": {}},
                     "root": {"path": "%s", "readonly": true},
                     "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
                     "annotations": {"io.kubernetes.cri.container-type": "%s",
                                     "io.kubernetes.cri.sandbox-id": "%s"},
                     "linux": {"namespaces": [{"type": "network"}, {"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]}}
                    """
                            .formatted(root, type, pod));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new String[] {
            "run",
            "--detach",
            "--runtime",
            "io.containerd.saya.v2",
            "--runtime-config-path",
            configuration(pod),
            "--config",
            specification.toString(),
            id
        };
    }

    /** The state that containerd gives for a task: empty if it knows none, "?" if it is away. */
    String state(String id) {
        var list = Ran.run(LIMIT, command("tasks", "list"));
        if (list.status() != 0) {
            return "?";
        }
        return list.out()
                .lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words[0].equals(id))
                .map(words -> words[2])
                .findFirst()
                .orElse("");
    }

    /** The exit statuses of a container's own exits, as containerd published them. */
    List<Integer> exits(String id) {
        var found = new ArrayList<Integer>();
        var exit =
                Pattern.compile(
                        "/tasks/exit \\{\"container_id\":\"%1$s\",\"id\":\"%1$s\"(.*)"
                                .formatted(Pattern.quote(id)));
        var status = Pattern.compile("\"exit_status\":(\\d+)");
        var exits = exit.matcher(events());
        while (exits.find()) {
            var matcher = status.matcher(exits.group(1));
            found.add(matcher.find() ? Integer.parseInt(matcher.group(1)) : 0);
        }
        return found;
    }

    /** The events so far, as the client prints them. */
    String events() {
        return read(events);
    }

    Path failpoints() {
        return directory.resolve("failpoints");
    }

    Path directory() {
        return directory;
    }

    /**
     * The directory that holds the run directories of this node's sandboxes: other nodes on the
     * host have theirs.
     */
    Path runBase() {
        return directory.resolve("run");
    }

    /** What the host has of a container: processes, mounts, files. */
    SortedSet<String> traces(String id) {
        var traces = Host.traces(id, shimSocket(id));
        try (var entries = Files.newDirectoryStream(runBase(), id + "-*")) {
            entries.forEach(entry -> traces.add("file " + entry));
        } catch (IOException e) {
            // No sandbox has been made here yet.
        }
        if (Files.exists(bundle(id))) {
            traces.add("bundle " + bundle(id));
        }
        return traces;
    }

    /** The socket at which the shim of a sandbox listens. */
    Path shimSocket(String sandbox) {
        return Host.shimSocket(address(), NAMESPACE, sandbox);
    }

    /** Waits until nothing of a container is left, and says what still is. */
    SortedSet<String> tracesAfterAWhile(String id) {
        return tracesAfter(GONE, id);
    }

    /** The same, with a bound. */
    SortedSet<String> tracesAfter(Duration bound, String id) {
        Wait.until(bound, () -> traces(id).isEmpty());
        return traces(id);
    }

    /** The directory in which containerd keeps a container's bundle. */
    Path bundle(String id) {
        return directory.resolve("state/io.containerd.runtime.v2.task/" + NAMESPACE + "/" + id);
    }

    /** The end of what it and its shims have logged. */
    String log() {
        var log = read(directory.resolve("containerd.log"));
        return "\nlog: " + log.substring(Math.max(0, log.length() - 6000));
    }

    @Override
    public void close() {
        for (var id : ctr("containers", "list", "--quiet").out().lines().toList()) {
            ctr("tasks", "delete", "--force", id);
            ctr("containers", "delete", id);
        }
        var containerd = Objects.requireNonNull(process);
        containerd.destroy();
        try {
            if (!containerd.waitFor(20, TimeUnit.SECONDS)) {
                containerd.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Objects.requireNonNull(listener).destroyForcibly();
        Ran.run(LIMIT, "rm", "-rf", "--one-file-system", directory.toString());
    }

    private boolean answers() {
        return Ran.run(Duration.ofSeconds(30), command("version")).status() == 0;
    }

    private String address() {
        return directory + "/containerd.sock";
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private String configuration() {
        return """
               version = 2
               root = "%1$s/root"
               state = "%1$s/state"
               disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
               [grpc]
                 address = "%1$s/containerd.sock"
               [ttrpc]
                 address = "%1$s/containerd.sock.ttrpc"
               """
                .formatted(directory);
    }
}
