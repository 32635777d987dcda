package io.saya.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A containerd of the tests' own, with its directories and sockets below one temporary directory
 * and with the product first on its {@code PATH}. It can be killed and started again. Its client
 * may be used by many threads, all else by one.
 */
public final class Containerd implements AutoCloseable {
    /** Busybox with all its commands; a container runs a shell unless it is told otherwise. */
    public static final String IMAGE = "saya.local/test:latest";

    private static final Duration START = Duration.ofSeconds(60);

    /** Archives of images without a layer of the caller's, by name and command: made once a run. */
    private static final Map<String, Path> ARCHIVES = new ConcurrentHashMap<>();

    private final String namespace;
    private final Path directory;
    private final Map<String, String> variables;
    private volatile @Nullable Process process;

    /**
     * Starts it, waits until it answers and loads the image of the tests: Debian's static busybox.
     */
    Containerd(Map<String, String> variables) {
        this(
                "saya-test",
                variables,
                _ ->
                        """
                        disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
                        """);
    }

    /**
     * Starts one with plug-ins of the caller's choice.
     *
     * @param namespace the one that its client and the image of the tests are in
     * @param variables added to its environment
     * @param plugins the end of its configuration, given its directory
     */
    public Containerd(
            String namespace, Map<String, String> variables, Function<Path, String> plugins) {
        this.namespace = namespace;
        this.variables = Map.copyOf(variables);
        try {
            directory = Files.createTempDirectory("saya-test");
            Files.writeString(
                    directory.resolve("config.toml"), configuration() + plugins.apply(directory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
        loadImage(IMAGE, "[\"/bin/sh\"]");
    }

    /** Starts it again after {@link #crash}, and waits until it answers. */
    public void start() {
        var builder =
                new ProcessBuilder("containerd", "--config", directory + "/config.toml")
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        directory.resolve("containerd.log").toFile()));
        builder.environment().merge("PATH", product() + "/bin", (path, bin) -> bin + ":" + path);
        builder.environment().putAll(variables);
        Process started;
        try {
            started = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process = started;
        var ready =
                Wait.until(
                        START,
                        () ->
                                !started.isAlive()
                                        || ctr(Duration.ofSeconds(10), "version").status() == 0);
        if (!ready || !started.isAlive()) {
            throw new AssertionError("containerd does not answer within " + START + ": " + log());
        }
    }

    /** Kills it with SIGKILL and waits until it is gone; its shims go on. */
    public void crash() {
        try {
            process().destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The product under test. */
    public static Path product() {
        return Path.of(Objects.requireNonNull(System.getProperty("saya.product"), "saya.product"));
    }

    /** The runtime under test: a system property lets runc prove the tests. */
    public static String runtime() {
        return System.getProperty("saya.runtime", "io.containerd.saya.v2");
    }

    /** Runs containerd's client. */
    public Ran ctr(Duration limit, String... arguments) {
        return Ran.run(limit, command(arguments));
    }

    /** The client's command line with its address and namespace. */
    public String[] command(String... arguments) {
        var command = new ArrayList<String>();
        command.addAll(List.of("ctr", "--address", address(), "--namespace", namespace));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    /** The socket at which containerd serves. */
    public String address() {
        return directory + "/containerd.sock";
    }

    /** Its process. */
    public long pid() {
        return process().pid();
    }

    private Process process() {
        return Objects.requireNonNull(process, "before start");
    }

    /** The socket at which the shim of a sandbox in the client's namespace listens. */
    public Path shimSocket(String sandbox) {
        return Host.shimSocket(address(), namespace, sandbox);
    }

    /**
     * The directory in which containerd keeps the bundle of a container in the client's namespace.
     */
    public Path bundle(String id) {
        return directory
                .resolve("state/io.containerd.runtime.v2.task")
                .resolve(namespace)
                .resolve(id);
    }

    /** A directory for files of tests; gone with this containerd. */
    public Path directory() {
        return directory;
    }

    /** The last 8000 characters that containerd and its shims have logged. */
    public String log() {
        try {
            var log = Files.readString(directory.resolve("containerd.log"));
            return log.substring(Math.max(0, log.length() - 8000));
        } catch (IOException e) {
            return "no log: " + e;
        }
    }

    @Override
    public void close() {
        process().destroy();
        try {
            if (!process().waitFor(20, TimeUnit.SECONDS)) {
                process().destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Ran.run(Duration.ofSeconds(60), "rm", "-rf", "--one-file-system", directory.toString());
    }

    /**
     * Loads an image with the host's busybox.
     *
     * @param command what it runs, as a JSON array
     */
    public void loadImage(String name, String command) {
        load(name, command, "");
    }

    /**
     * Loads an image with a second layer of what is in the directory, {@code .wh.NAME} for
     * whiteouts.
     */
    public void loadImage(String name, Path layer) {
        load(name, "[\"/bin/sh\"]", layer.toString());
    }

    private void load(String name, String command, String layer) {
        var archive =
                layer.isEmpty()
                        ? ARCHIVES.computeIfAbsent(
                                name + " " + command, _ -> archive(name, command, ""))
                        : archive(name, command, layer);
        ctr(Duration.ofSeconds(60), "images", "import", archive.toString()).succeeded();
    }

    private static Path archive(String name, String command, String layer) {
        var lib = product().resolve("../../lib").normalize();
        Path archive;
        try {
            archive = Files.createTempFile("saya-image", ".tar");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        archive.toFile().deleteOnExit();
        Ran.run(
                        Duration.ofSeconds(60),
                        "bash",
                        "-ec",
                        "source \"$1/debian.sh\"; source \"$1/containerd.sh\"; demo_image \"$2\" \"$3\" \"$4\" '' \"$5\"",
                        "image",
                        lib.toString(),
                        archive.toString(),
                        name,
                        command,
                        layer)
                .succeeded();
        return archive;
    }

    private String configuration() {
        return """
               version = 2
               root = "%1$s/root"
               state = "%1$s/state"
               grpc.address = "%1$s/containerd.sock"
               ttrpc.address = "%1$s/containerd.sock.ttrpc"
               """
                .formatted(directory);
    }
}
