package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** A directory, a root file system and an event service; after each test nothing may be left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class ShimSuite {
    private static final Duration GONE = Duration.ofSeconds(10);
    private static final Duration EVENTS = Duration.ofSeconds(20);
    private static final String PREFIX = "sh" + ProcessHandle.current().pid() + "x";

    private final AtomicInteger next = new AtomicInteger();
    private final List<String> ids = new CopyOnWriteArrayList<>();
    private @Nullable Path directory;
    private @Nullable Transport transport;
    private @Nullable EventLog events;

    final Path directory() {
        return Objects.requireNonNull(directory, "before BeforeAll");
    }

    final EventLog events() {
        return Objects.requireNonNull(events, "before BeforeAll");
    }

    /** Starts a shim for a container with a name of its own. */
    final Shim start(String runtime, Map<String, String> annotations, String... args)
            throws IOException, TtrpcException, InterruptedException {
        return start(runtime, newId(), annotations, args);
    }

    /** Starts a shim for a container. */
    final Shim start(String runtime, String id, Map<String, String> annotations, String... args)
            throws IOException, TtrpcException, InterruptedException {
        return Shim.start(
                Objects.requireNonNull(transport), runtime, directory(), id, annotations, args);
    }

    /** Starts a shim of the product for a container in a network namespace that exists. */
    final Shim startIn(String namespace, Map<String, String> environment, String id, String... args)
            throws IOException, TtrpcException, InterruptedException {
        return Shim.startIn(
                namespace, environment, Objects.requireNonNull(transport), directory(), id, args);
    }

    /**
     * Starts a shim of the product with variables added to its environment, or finds that of the
     * container's sandbox.
     */
    final Shim startWith(
            Map<String, String> environment,
            String id,
            Map<String, String> annotations,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        return Shim.startWith(
                environment, Objects.requireNonNull(transport), directory(), id, annotations, args);
    }

    /** The environment of a shim whose sandbox ends with its daemon. */
    final Map<String, String> withoutRestarts() throws IOException {
        var file = directory().resolve("alone.toml");
        Files.writeString(file, "[runtime]\ndaemon_restarts = 0\n");
        return Map.of("KATA_CONF_FILE", file.toString());
    }

    /** Starts a shim of the product with a file of the host's as {@code /etc/resolv.conf}. */
    final Shim startResolving(Path file, String... args)
            throws IOException, TtrpcException, InterruptedException {
        return startMounting(Map.of(), file, "/etc/resolv.conf", newId(), args);
    }

    /** Starts a shim of the product for a container that has a file of the host's. */
    final Shim startMounting(
            Map<String, String> environment,
            Path file,
            String destination,
            String id,
            String... args)
            throws IOException, TtrpcException, InterruptedException {
        return Shim.startMounting(
                environment,
                file,
                destination,
                Objects.requireNonNull(transport),
                directory(),
                id,
                args);
    }

    /** Starts a shim of the product that is to be asked for a sandbox. */
    final Shim startSandbox(String id) throws IOException, TtrpcException, InterruptedException {
        return Shim.startSandbox(Objects.requireNonNull(transport), directory(), id);
    }

    /** What makes a container one of a pod: {@code type} is sandbox or container. */
    static Map<String, String> annotations(String type, String sandbox) {
        return Map.of(
                "io.kubernetes.cri.container-type", type, "io.kubernetes.cri.sandbox-id", sandbox);
    }

    /** A name that no other container has. */
    final String newId() {
        var id = PREFIX + next.incrementAndGet();
        ids.add(id);
        return id;
    }

    /** The events after the first {@code before}, once the last of a container's life has come. */
    final List<String> awaitQuiet(int before) {
        Wait.until(
                EVENTS,
                () -> {
                    var all = events().events();
                    return all.size() > before
                            && all.getLast().startsWith("/tasks/delete")
                            && traces().isEmpty();
                });
        var all = events().events();
        return all.subList(before, all.size());
    }

    /** Until a container's program has made the file {@code /ready}, which is removed then. */
    final void awaitReady() throws IOException {
        var file = directory().resolve("rootfs/ready");
        if (!Wait.until(Shim.LIMIT, () -> Files.exists(file))) {
            throw new AssertionError("no " + file + " within " + Shim.LIMIT);
        }
        Files.delete(file);
    }

    @BeforeAll
    final void prepare() throws IOException, InterruptedException {
        var made = Files.createTempDirectory("saya-shim");
        directory = made;
        var rootfs = Files.createDirectory(made.resolve("rootfs"));
        Ran.run(
                        GONE,
                        "sh",
                        "-ec",
                        """
                        cd "$1"
                        mkdir bin dev etc proc run sys tmp
                        cp "$(command -v busybox)" bin/busybox
                        for applet in $(bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "bin/$applet"; done
                        """,
                        "rootfs",
                        rootfs.toString())
                .succeeded();
        transport = Transport.open("shim-tests");
        events = new EventLog(Objects.requireNonNull(transport), made.resolve("events"));
    }

    @AfterAll
    final void tidy() {
        events().close();
        Objects.requireNonNull(transport).close();
        Ran.run(GONE, "rm", "-rf", "--one-file-system", directory().toString());
    }

    /** The traces of all containers of the test that runs. */
    private SortedSet<String> traces() {
        var traces = Host.traces(PREFIX);
        ids.forEach(id -> traces.addAll(Host.traces(id, Shim.socket(directory(), id))));
        return traces;
    }

    @AfterEach
    final void nothingIsLeft() {
        Wait.until(GONE, () -> traces().isEmpty());
        assertThat(traces()).as("left behind").isEmpty();
        ids.clear();
    }
}
