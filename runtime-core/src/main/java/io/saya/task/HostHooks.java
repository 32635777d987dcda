package io.saya.task;

import io.saya.failure.RuntimeFailure;
import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.OciHook;
import io.saya.oci.OciHook.Moment;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The hooks of a container that are the host's programs: one after another, in the host's
 * namespaces and in the bundle, with the container's state on stdin. The state's pid is that of the
 * process that stands for the container, in whose network namespace Docker and nerdctl put
 * interfaces. Methods block; a client that wants the sandbox gone ends them.
 */
final class HostHooks {

    private static final Log LOG = Log.of("hooks");

    /** Where the specification does not limit a hook; setting up a network takes seconds. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * How long the hooks at the end may take together: containerd gives a deletion ten seconds in
     * all (shim/containerd.md#limits).
     */
    private static final Duration LAST_LIMIT = Duration.ofSeconds(5);

    /** What of a hook's output goes into an error, in characters. */
    private static final int OUTPUT_LIMIT = 1024;

    /** The file in the bundle. */
    private static final String EXPECTED = "poststop.json";

    private final Host host;
    private final OciSpec spec;
    private final String containerId;
    private final Path bundle;
    private final CompletableFuture<?> stopped;

    /**
     * @param stopped completes when the sandbox has stopped: no hook but the last is of use then
     */
    HostHooks(
            Host host,
            OciSpec spec,
            String containerId,
            Path bundle,
            CompletableFuture<?> stopped) {
        this.host = host;
        this.spec = spec;
        this.containerId = containerId;
        this.bundle = bundle;
        this.stopped = stopped;
    }

    /**
     * Before the container is made: prestart, then createRuntime.
     *
     * @param pid of the process that stands for it
     * @throws RuntimeFailure that names the first hook that failed, with what it said; the rest is
     *     not run
     */
    void created(int pid) {
        runAll(Moment.PRESTART, "creating", pid);
        runAll(Moment.CREATE_RUNTIME, "creating", pid);
    }

    /** When the program runs; a hook that fails is logged, as the specification has it. */
    void started(int pid) {
        try {
            runAll(Moment.POSTSTART, "running", pid);
        } catch (RuntimeFailure e) {
            LOG.warn("hook failed", "container", containerId, "error", e);
        }
    }

    /**
     * Writes down, in the bundle, what is to run when the container is gone, for the launcher's
     * {@code delete} where the daemon dies before that (packaging/launcher/README.md).
     */
    void expectEnd() throws IOException {
        List<OciHook> hooks = OciHook.of(spec, Moment.POSTSTOP);
        if (hooks.isEmpty()) {
            return;
        }
        List<JsonValue> entries = new ArrayList<>();
        for (OciHook hook : hooks) {
            entries.add(
                    JsonObject.builder()
                            .put("path", hook.path())
                            .put("args", JsonArray.ofStrings(arguments(hook)))
                            .put("env", JsonArray.ofStrings(hook.env()))
                            .build());
        }
        Path temporary = bundle.resolve(EXPECTED + ".new");
        Files.writeString(
                temporary,
                Json.write(
                        JsonObject.builder()
                                .put("state", state("stopped", 0))
                                .put("hooks", new JsonArray(entries))
                                .build()));
        Files.move(temporary, bundle.resolve(EXPECTED), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * When the container is gone; each is run, whatever became of the others. From then on nobody
     * else runs them.
     */
    void ended() {
        try {
            Files.deleteIfExists(bundle.resolve(EXPECTED));
        } catch (IOException e) {
            LOG.warn("hooks may be run twice", "container", containerId, "error", e);
        }
        List<OciHook> hooks = OciHook.of(spec, Moment.POSTSTOP);
        CompletableFuture<?> never = new CompletableFuture<>();
        for (int i = 0; i < hooks.size(); i++) {
            try {
                run(hooks.get(i), name(Moment.POSTSTOP, i), state("stopped", 0), LAST_LIMIT, never);
            } catch (RuntimeFailure e) {
                LOG.warn("hook failed", "container", containerId, "error", e);
            }
        }
    }

    /** True if the specification has hooks that run on the host. */
    boolean any() {
        return spec.json().object("hooks").isPresent();
    }

    private void runAll(Moment moment, String status, int pid) {
        List<OciHook> hooks = OciHook.of(spec, moment);
        for (int i = 0; i < hooks.size(); i++) {
            run(hooks.get(i), name(moment, i), state(status, pid), LIMIT, stopped);
        }
    }

    private void run(
            OciHook hook, String name, String state, Duration unlimited, CompletableFuture<?> end) {
        Duration limit = hook.timeout().orElse(unlimited);
        String what = name + " (" + hook.path() + ")";
        long begun = System.nanoTime();
        try {
            HostProcess process =
                    host.hook(
                            new HookCommand(
                                    Path.of(hook.path()),
                                    arguments(hook),
                                    hook.env(),
                                    bundle,
                                    state));
            ProcessExit exit = await(process, what, limit, end);
            if (!exit.equals(new ProcessExit.Code(0))) {
                throw RuntimeFailure.internal(what + ": " + exit.describe() + said(process), null);
            }
        } catch (IOException e) {
            throw RuntimeFailure.internal(what + ": " + e.getMessage(), e);
        }
        LOG.debug("hook run", "hook", what, "us", (System.nanoTime() - begun) / 1000);
    }

    private static ProcessExit await(
            HostProcess process, String what, Duration limit, CompletableFuture<?> end) {
        var waited = Waited.on(CompletableFuture.anyOf(process.exited(), end), limit);
        if (process.exited().isDone()) {
            return process.exited().join();
        }
        process.signal(Signal.SIGKILL);
        throw switch (waited) {
            case Waited.Done(var _) ->
                    RuntimeFailure.unavailable(what + " was ended: the sandbox has stopped", null);
            case Waited.TimedOut() ->
                    RuntimeFailure.deadlineExceeded(
                            what
                                    + " did not end within "
                                    + limit.toSeconds()
                                    + " s"
                                    + said(process),
                            null);
            case Waited.Failed(Throwable cause) ->
                    RuntimeFailure.internal(what + ": " + cause, cause);
            case Waited.Interrupted() ->
                    RuntimeFailure.unavailable("interrupted during " + what, null);
        };
    }

    private static List<String> arguments(OciHook hook) {
        return hook.args().isEmpty() ? List.of(hook.path()) : hook.args();
    }

    private static String said(HostProcess process) {
        String output = process.outputTail().strip();
        if (output.isEmpty()) {
            return "";
        }
        return ": " + output.substring(Math.max(0, output.length() - OUTPUT_LIMIT));
    }

    private static String name(Moment moment, int index) {
        return "hook " + moment.word() + "[" + index + "]";
    }

    /** The state of the container (OCI runtime specification, "State"). */
    private String state(String status, int pid) {
        JsonObject.Builder annotations = JsonObject.builder();
        spec.annotations().forEach(annotations::put);
        return Json.write(
                JsonObject.builder()
                        .put("ociVersion", spec.json().string("ociVersion").orElse("1.0.2"))
                        .put("id", containerId)
                        .put("status", status)
                        .put("pid", pid)
                        .put("bundle", bundle.toString())
                        .put("annotations", annotations.build())
                        .build());
    }
}
