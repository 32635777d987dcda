package io.saya.task;

import com.google.protobuf.ByteString;
import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HostProcess;
import io.saya.hypervisor.VmDevice;
import io.saya.io.HeldStdio;
import io.saya.io.HeldStream;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import io.saya.ttrpc.HeldClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The sandbox and its containers as they are handed over to another daemon ({@link TaskSuccession}
 * goes on with them). Only what rests can be handed over: every process that lives is waited for
 * and read from, and nothing of its output is on its way.
 */
public final class TaskHandover {
    /** What each container holds on the host is given back by these steps; no other is known. */
    static final String MOUNT = "mount ";

    /** A volume that is followed, by its path in the guest. */
    static final String VOLUME = "volume ";

    /** A disk that the guest was given, by its id, which has no blank, and its path on the host. */
    private static final String DISK = "disk ";

    private static final List<String> KNOWN_STEPS = List.of("shares", "container in the guest");

    private final Sandbox sandbox;
    private final TaskTable table;

    /** The handover of this sandbox. */
    public TaskHandover(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
    }

    /**
     * What another daemon needs to know.
     *
     * @param sandbox the guest and what is around it
     * @param containers those that there are, oldest first
     * @param agent the connection to the agent
     */
    public record Held(JsonObject sandbox, JsonArray containers, HeldClient agent) {}

    /**
     * Says whether the sandbox can be handed over at all, so that nobody waits for a rest that is
     * of no use. Holds nothing and does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, with what keeps it from being handed over however
     *     long one waits
     */
    public void check() {
        sandbox.checkHandover();
        for (Container container : table.all()) {
            checkSteps(container);
        }
    }

    /**
     * Holds everything until {@link #release}: output stays in the guest, and no exit is noticed.
     * No request of a client may be under way. Blocks until nothing is on its way, for this long at
     * most.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, and nothing is held, with what keeps the sandbox
     *     from being handed over
     */
    public Held hold(Duration limit) {
        check();
        Agent agent = sandbox.guest().requireAgent();
        AtomicReference<@Nullable JsonArray> described = new AtomicReference<>();
        AtomicReference<@Nullable RuntimeFailure> obstacle = new AtomicReference<>();
        Optional<HeldClient> connection =
                agent.hold(
                        (waits, reads) -> {
                            try {
                                obstacle.set(null);
                                described.set(describe(waits, reads));
                            } catch (RuntimeFailure e) {
                                obstacle.set(e);
                                described.set(null);
                            }
                            return described.get() != null;
                        },
                        limit);
        JsonArray containers = described.get();
        if (connection.isEmpty() || containers == null) {
            releaseStreams();
            RuntimeFailure why = obstacle.get();
            throw why != null
                    ? why
                    : RuntimeFailure.failedPrecondition(
                            "something is under way for more than "
                                    + limit.toMillis()
                                    + " ms: output that nobody reads, or a call to the guest");
        }
        try {
            return new Held(sandbox.hold(), containers, connection.get());
        } catch (RuntimeFailure e) {
            agent.release();
            releaseStreams();
            throw e;
        }
    }

    /** Goes on after {@link #hold}: nobody has taken over. */
    public void release() {
        sandbox.goOnHere();
        releaseStreams();
        sandbox.guest().agent().ifPresent(Agent::release);
    }

    private void releaseStreams() {
        for (Container container : table.all()) {
            container.init().stdio().release();
            for (ContainerProcess exec : execs(container)) {
                exec.stdio().release();
            }
        }
    }

    private List<ContainerProcess> execs(Container container) {
        return table.locked(() -> List.copyOf(container.execs().values()));
    }

    /** Null if something is on its way: the calls without an answer are not those that must be. */
    private @Nullable JsonArray describe(int waits, int reads) {
        Counted counted = new Counted();
        List<JsonValue> all = new ArrayList<>();
        for (Container container : table.all()) {
            JsonObject one = describe(container, counted);
            if (one == null) {
                return null;
            }
            all.add(one);
        }
        return counted.live == waits && counted.reading == reads ? new JsonArray(all) : null;
    }

    private static final class Counted {
        private int live;
        private int reading;
    }

    private @Nullable JsonObject describe(Container container, Counted counted) {
        ContainerState state = table.locked(container::state);
        String word =
                switch (state) {
                    case ContainerState.Created() -> "created";
                    case ContainerState.Running() -> "running";
                    case ContainerState.Paused() -> "paused";
                    case ContainerState.Stopped _ -> "stopped";
                    case ContainerState.Creating _,
                            ContainerState.Abandoned _,
                            ContainerState.Starting _,
                            ContainerState.StartFailed(),
                            ContainerState.Deleting _ ->
                            "";
                };
        if (word.isEmpty()) {
            return null;
        }
        JsonObject init = describe(container, container.init(), counted);
        if (init == null) {
            return null;
        }
        List<JsonValue> execs = new ArrayList<>();
        for (ContainerProcess exec : execs(container)) {
            JsonObject one = describe(container, exec, counted);
            if (one == null) {
                return null;
            }
            execs.add(one);
        }
        JsonObject.Builder described =
                JsonObject.builder()
                        .put("id", container.id())
                        .put("bundle", container.bundle().toString())
                        .put("state", word)
                        .put("init", init)
                        .put("execs", new JsonArray(execs))
                        .put("mounts", JsonArray.ofStrings(mounts(container)))
                        .put("disks", disks(container))
                        .put("volumes", volumes(container))
                        .put("figures", container.figures().held());
        container
                .standIn()
                .process()
                .ifPresent(process -> described.put("stand_in", describe(process)));
        return described.build();
    }

    private static void checkSteps(Container container) {
        for (String step : container.resources().names()) {
            if (!KNOWN_STEPS.contains(step)
                    && !step.startsWith(MOUNT)
                    && !step.startsWith(VOLUME)
                    && !step.startsWith(DISK)) {
                throw RuntimeFailure.failedPrecondition(
                        "container " + container.id() + " has " + step + " of its specification");
            }
        }
    }

    private static List<String> mounts(Container container) {
        checkSteps(container);
        List<String> mounts = new ArrayList<>();
        for (String step : container.resources().names()) {
            if (step.startsWith(MOUNT)) {
                mounts.add(step.substring(MOUNT.length()));
            }
        }
        return mounts;
    }

    /** The name of the step that takes a disk away. */
    static String step(VmDevice.Block disk) {
        return DISK + disk.id() + " " + disk.path();
    }

    private static JsonArray disks(Container container) {
        List<JsonValue> disks = new ArrayList<>();
        for (String step : container.resources().names()) {
            if (step.startsWith(DISK)) {
                int end = step.indexOf(' ', DISK.length());
                disks.add(
                        JsonObject.builder()
                                .put("id", step.substring(DISK.length(), end))
                                .put("path", step.substring(end + 1))
                                .build());
            }
        }
        return new JsonArray(disks);
    }

    private JsonArray volumes(Container container) {
        List<JsonValue> volumes = new ArrayList<>();
        for (String step : container.resources().names()) {
            String place = step.startsWith(VOLUME) ? step.substring(VOLUME.length()) : "";
            sandbox.guest()
                    .followed(place)
                    .ifPresent(
                            told ->
                                    volumes.add(
                                            JsonObject.builder()
                                                    .put("place", place)
                                                    .put(
                                                            "directory",
                                                            told.volume().directory().toString())
                                                    .put("version", told.version())
                                                    .build()));
        }
        return new JsonArray(volumes);
    }

    private static JsonObject describe(HostProcess process) {
        return JsonObject.builder()
                .put("handle", process.handle())
                .put("pid", process.pid())
                .build();
    }

    private @Nullable JsonObject describe(
            Container container, ContainerProcess process, Counted counted) {
        ProcessState state = table.locked(() -> container.stateOf(process));
        JsonObject.Builder described =
                JsonObject.builder()
                        .put("exec", process.execId())
                        .put("io", json(process.io()))
                        .put("signals", process.signals());
        switch (state) {
            case ProcessState.Created() -> {
                if (!process.isInit()) {
                    return null; // its client starts it, or deletes it
                }
                counted.live++;
            }
            case ProcessState.Running() -> counted.live++;
            case ProcessState.Stopped(ExitStatus exit) ->
                    described
                            .put("exit_status", exit.status())
                            .put("exited_at", exit.at().toString());
            case ProcessState.Starting() -> {
                return null;
            }
        }
        HeldStdio streams;
        try {
            streams = process.stdio().hold();
        } catch (RuntimeFailure e) {
            throw new RuntimeFailure(e.kind(), process.describe() + ": " + e.getMessage(), e);
        }
        if (streams == null) {
            return null;
        }
        counted.reading += reading(streams.stdout()) + reading(streams.stderr());
        return described
                .put("stdout", json(streams.stdout()))
                .put("stderr", json(streams.stderr()))
                .put("stdin_open", streams.stdinOpen())
                .put("stdin_closed", streams.stdinClosed())
                .build();
    }

    private static int reading(HeldStream stream) {
        return stream.stage() == HeldStream.Stage.READING ? 1 : 0;
    }

    private static JsonObject json(TaskIo io) {
        return JsonObject.builder()
                .put("stdin", io.stdin())
                .put("stdout", io.stdout())
                .put("stderr", io.stderr())
                .put("terminal", io.terminal())
                .build();
    }

    private static JsonObject json(HeldStream stream) {
        return JsonObject.builder()
                .put("stage", stream.stage().name())
                .put("asked", stream.asked())
                .put("kept", Base64.getEncoder().encodeToString(stream.kept().toByteArray()))
                .build();
    }

    /** The inverse of what stands above. */
    static HeldStream stream(JsonObject json) {
        return new HeldStream(
                HeldStream.Stage.valueOf(json.string("stage").orElse("")),
                (int) json.integer("asked").orElse(0),
                ByteString.copyFrom(Base64.getDecoder().decode(json.string("kept").orElse(""))));
    }
}
