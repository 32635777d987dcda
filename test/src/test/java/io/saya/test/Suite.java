package io.saya.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * A containerd for each class of tests, and after each test the check that nothing is left of its
 * containers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class Suite {
    /**
     * Limit for one call that may boot a VM on a busy machine; the product's own limits are
     * shorter.
     */
    static final Duration LIMIT = Duration.ofSeconds(90);

    private static final Duration GONE = Duration.ofSeconds(10);
    private static final AtomicInteger NEXT = new AtomicInteger();

    /**
     * Part of the name of every container of this run, so that other users of the host are not
     * looked at.
     */
    private static final String PREFIX = "it" + ProcessHandle.current().pid() + "x";

    final Containerd containerd() {
        return java.util.Objects.requireNonNull(containerd, "before BeforeAll");
    }

    private final Set<String> ids = ConcurrentHashMap.newKeySet();
    private @org.jspecify.annotations.Nullable Containerd containerd;

    @BeforeAll
    void startContainerd() {
        containerd = new Containerd(java.util.Map.of());
    }

    @AfterAll
    void stopContainerd() {
        containerd().close();
    }

    /** Removes what the test has not, then looks whether anything is left. */
    @AfterEach
    void nothingIsLeft() {
        for (var id : ctr("containers", "list", "--quiet").out().lines().toList()) {
            ctr("tasks", "delete", "--force", id);
            ctr("containers", "delete", id);
        }
        Wait.until(GONE, () -> traces().isEmpty());
        assertThat(traces()).as("left behind; log: %s", containerd().log()).isEmpty();
        ids.clear();
    }

    private SortedSet<String> traces() {
        var traces = Host.traces(PREFIX);
        ids.forEach(id -> traces.addAll(Host.traces(id, containerd().shimSocket(id))));
        return traces;
    }

    /** The socket of a container's shim, from where the shim has written it. */
    final Path socket(String id) {
        return Host.writtenSocket(containerd().bundle(id));
    }

    /** A name that no other container has. */
    final String newId() {
        var id = PREFIX + NEXT.incrementAndGet() + "c";
        ids.add(id);
        return id;
    }

    final Ran ctr(String... arguments) {
        return containerd().ctr(LIMIT, arguments);
    }

    /** Runs a container to its end and removes it: {@code options} are those of {@code ctr run}. */
    final Ran run(String id, String... command) {
        var arguments = new java.util.ArrayList<String>();
        arguments.addAll(
                java.util.List.of(
                        "run", "--rm", "--runtime", Containerd.runtime(), Containerd.IMAGE, id));
        arguments.addAll(java.util.List.of(command));
        return ctr(arguments.toArray(String[]::new));
    }

    /**
     * Starts a container that runs until it is killed, and returns its name.
     *
     * @param options of {@code ctr run}
     */
    final String started(String... options) {
        var id = newId();
        var arguments = new java.util.ArrayList<String>();
        arguments.addAll(java.util.List.of("run", "--detach", "--runtime", Containerd.runtime()));
        arguments.addAll(java.util.List.of(options));
        arguments.addAll(java.util.List.of(Containerd.IMAGE, id));
        arguments.addAll(
                java.util.List.of("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"));
        ctr(arguments.toArray(String[]::new)).succeeded();
        return id;
    }

    /** The state that containerd gives for a task, empty if it knows none. */
    final String state(String id) {
        return ctr("tasks", "list")
                .out()
                .lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words[0].equals(id))
                .map(words -> words[2])
                .findFirst()
                .orElse("");
    }
}
