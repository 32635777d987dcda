package io.saya.host;

import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process in a pod's network namespace that runs one of the launcher's actions until it is
 * killed. It has no JVM: a few hundred kilobytes. Thread safe.
 */
public final class LauncherAction implements AutoCloseable {
    /** Executed by a child of the guard, whose program is the launcher. */
    private static final String LAUNCHER = "/proc/self/exe";

    /** Only a process that is stuck in the kernel takes longer. */
    private static final Duration REAP_LIMIT = Duration.ofSeconds(5);

    private final HostProcess process;

    private LauncherAction(HostProcess process) {
        this.process = process;
    }

    /**
     * Begins.
     *
     * @param action the launcher's word for it
     * @param sandboxId stands in the arguments of the process
     * @param address what the action is told of the socket that it serves or connects to
     * @param sockets those that it inherits
     * @param namespace the pod's network namespace
     * @throws IOException if the process cannot be made; nothing is left then
     */
    public static LauncherAction start(
            Host host,
            String action,
            String sandboxId,
            String address,
            List<SpawnSpec.InheritedSocket> sockets,
            Path namespace)
            throws IOException {
        return new LauncherAction(
                host.spawn(
                        new SpawnSpec(
                                List.of(LAUNCHER, "-id", sandboxId, "-address", address, action),
                                Map.of(),
                                sockets,
                                Optional.of(namespace),
                                Path.of("/"))));
    }

    /** Describes the process for another daemon ({@link #known}). */
    public JsonObject held() {
        return JsonObject.builder()
                .put("handle", process.handle())
                .put("pid", process.pid())
                .build();
    }

    /** One that another daemon has started. */
    public static LauncherAction known(Host host, JsonObject held) {
        return new LauncherAction(
                host.known(
                        (int) held.integer("handle").orElse(0),
                        held.integer("pid").orElse(0),
                        "launcher"));
    }

    /** Calls this, on a thread that must not be blocked, when the process has ended. */
    public void whenEnded(Runnable action) {
        var _ = process.exited().thenAccept(_ -> action.run());
    }

    /** Returns what the process last said to stdout and stderr. */
    public String lastWords() {
        return process.outputTail().strip();
    }

    /** Ends the process; returns when it is reaped. May be called again. */
    @Override
    public void close() throws IOException {
        process.signal(Signal.SIGKILL);
        switch (Waited.on(process.exited(), REAP_LIMIT)) {
            case Waited.Done(var _) -> {}
            case Waited.TimedOut(), Waited.Failed(var _) ->
                    throw new IOException(
                            "process " + process.pid() + " does not end after SIGKILL");
            case Waited.Interrupted() ->
                    throw new InterruptedIOException("end of process " + process.pid());
        }
    }
}
