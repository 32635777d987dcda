package io.saya.test.process;

import io.saya.test.Containerd;
import io.saya.test.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A containerd and a root file system on which containers of either runtime run one after the
 * other, by specifications that the tests write.
 */
final class SideBySide implements AutoCloseable {
    static final String RUNC = "io.containerd.runc.v2";

    /** Limit for one call that may boot a VM on a busy machine. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static final AtomicInteger NEXT = new AtomicInteger();

    private final Containerd containerd =
            new Containerd(
                    "side-by-side",
                    Map.of(),
                    _ ->
                            """
                            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
                            """);
    private final Path root = containerd.directory().resolve("root-of-containers");

    /** Prepares the root: busybox, and what a shell script makes of the root that it is in. */
    SideBySide(String script) {
        Ran.run(
                        LIMIT,
                        "sh",
                        "-ec",
                        """
                        mkdir -p "$0" && cd "$0" && mkdir bin dev etc proc sys tmp && chmod 1777 tmp
                        cp "$(command -v busybox)" bin/busybox
                        for applet in $(busybox --list); do ln -s busybox "bin/$applet" 2>/dev/null || :; done
                        echo 'root:x:0:0:root:/root:/bin/sh' > etc/passwd
                        """
                                + script,
                        root.toString())
                .succeeded();
    }

    /** A specification; what is in it by default is what containerd's client writes. */
    Specification specification(String... args) {
        return new Specification(root, List.of(args));
    }

    String newId() {
        return "side" + ProcessHandle.current().pid() + "x" + NEXT.incrementAndGet();
    }

    /** Runs a container to its end and removes it. */
    Ran run(String runtime, String id, Specification specification) {
        return ctr("run", "--rm", "--runtime", runtime, "--config", written(id, specification), id);
    }

    /** Starts a container and leaves it running. */
    void start(String runtime, String id, Specification specification) {
        ctr("run", "--detach", "--runtime", runtime, "--config", written(id, specification), id)
                .succeeded();
    }

    /** Runs a process in a container to its end. */
    Ran exec(String id, List<String> options, String... args) {
        var arguments =
                new ArrayList<>(
                        List.of("tasks", "exec", "--exec-id", "e" + NEXT.incrementAndGet()));
        arguments.addAll(options);
        arguments.add(id);
        arguments.addAll(List.of(args));
        return ctr(arguments.toArray(String[]::new));
    }

    /** Kills a container and removes it. */
    void remove(String id) {
        ctr("tasks", "delete", "--force", id);
        ctr("containers", "delete", id).succeeded();
    }

    private Ran ctr(String... arguments) {
        return containerd.ctr(LIMIT, arguments);
    }

    private String written(String id, Specification specification) {
        try {
            return Files.writeString(
                            containerd.directory().resolve(id + ".json"), specification.json())
                    .toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        containerd.close();
    }
}
