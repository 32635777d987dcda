package io.saya.test.fault;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A container started alone to which something is going to happen. */
final class Victim {
    /** What a moment may take to come on a busy machine. */
    private static final Duration REACHED = Duration.ofSeconds(60);

    private final Node node;
    private final String id;

    /** The call of the client that is under way; done at once where there is none. */
    private CompletableFuture<Ran> call = CompletableFuture.completedFuture(new Ran(0, "", ""));

    private String paused = "";
    private List<String> containers;

    Victim(Node node, String id) {
        this.node = node;
        this.id = id;
        this.containers = List.of(id);
    }

    String id() {
        return id;
    }

    /** The containers in its VM, in the order in which they are to be deleted. */
    List<String> containers() {
        return containers;
    }

    Node node() {
        return node;
    }

    void started() {
        node.ctr(node.run(id, "sleep", "100000")).succeeded();
    }

    /** Starts a pod's sandbox container and one container in it, and returns the latter's name. */
    String startedPod() {
        var member = id + "m";
        containers = List.of(member, id);
        node.ctr(node.runInPod(id, id)).succeeded();
        node.ctr(node.runInPod(id, member)).succeeded();
        return member;
    }

    void killed() {
        node.ctr("tasks", "kill", "--signal", "SIGKILL", id).succeeded();
        if (!Wait.until(REACHED, () -> node.state(id).equals("STOPPED"))) {
            throw new AssertionError(id + " is not stopped after its kill" + node.log());
        }
    }

    /** Makes the daemon wait when it comes to a moment (io.saya.failpoint.Moment). */
    void pauseAt(String moment) {
        paused = moment;
        try {
            Files.createDirectories(failpoints());
            Files.writeString(failpoints().resolve(moment), "pause");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitPause() {
        var reached = failpoints().resolve(paused + ".reached");
        if (!Wait.until(REACHED, () -> Files.exists(reached))) {
            throw new AssertionError(
                    "the daemon of "
                            + id
                            + " does not come to "
                            + paused
                            + "; "
                            + call
                            + node.log());
        }
    }

    /** Lets the daemon go on. */
    void release() {
        try {
            if (!paused.isEmpty()) {
                Files.deleteIfExists(failpoints().resolve(paused));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls the client in the background. */
    void calling(String... arguments) {
        call = CompletableFuture.supplyAsync(() -> node.ctr(arguments), Thread::startVirtualThread);
    }

    CompletableFuture<Ran> call() {
        return call;
    }

    /** Processes of this sandbox by a part of their command. */
    List<Long> processes(String program) {
        return Host.processes(program, id);
    }

    Path runDirectory() {
        try (var entries = Files.newDirectoryStream(node.runBase(), id + "-*")) {
            return entries.iterator().next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path failpoints() {
        return node.failpoints().resolve(id);
    }
}
