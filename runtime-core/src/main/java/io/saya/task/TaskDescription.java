package io.saya.task;

import com.google.protobuf.ByteString;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.HeldEnd;
import io.saya.host.HostProcess;
import io.saya.hypervisor.VmDevice;
import io.saya.io.HeldStdio;
import io.saya.io.HeldStream;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Containers and their processes in the words in which another daemon is told of them. */
final class TaskDescription {
    /** What each container holds on the host is given back by these steps; no other is known. */
    static final String MOUNT = "mount ";

    /** A volume that is followed, by its path in the guest. */
    static final String VOLUME = "volume ";

    /** A disk that the guest was given, by its id, which has no blank, and its path on the host. */
    private static final String DISK = "disk ";

    private static final List<String> KNOWN_STEPS = List.of("shares", "container in the guest");

    private final Sandbox sandbox;
    private final TaskTable table;

    TaskDescription(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
    }

    /** Tells how the streams of a process are gone on with. */
    @FunctionalInterface
    interface Streams {
        /** Null if they cannot be described now. */
        @Nullable HeldStdio of(ContainerProcess process, ProcessState state);
    }

    /** The execs of a container, those that have ended as well. */
    List<ContainerProcess> execs(Container container) {
        return table.locked(() -> List.copyOf(container.execs().values()));
    }

    /**
     * Describes a container; null while it is being made, started or deleted, or if the streams of
     * one of its processes cannot be described.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION if nobody else could go on with it
     */
    @Nullable JsonObject of(Container container, Streams streams) {
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
        JsonObject init = describe(container, container.init(), streams);
        if (init == null) {
            return null;
        }
        List<JsonValue> execs = new ArrayList<>();
        for (ContainerProcess exec : execs(container)) {
            JsonObject one = describe(container, exec, streams);
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

    /**
     * Says whether anybody else could give back what a container holds.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION if not
     */
    static void check(Container container) {
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
        check(container);
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
            Container container, ContainerProcess process, Streams all) {
        ProcessState state = table.locked(() -> container.stateOf(process));
        HeldStdio streams = all.of(process, state);
        return streams == null ? null : of(process, state, streams);
    }

    /** Describes an exec alone. */
    JsonObject of(Container container, ContainerProcess exec, HeldStdio streams) {
        return of(exec, table.locked(() -> container.stateOf(exec)), streams);
    }

    private static JsonObject of(ContainerProcess process, ProcessState state, HeldStdio streams) {
        JsonObject.Builder described =
                JsonObject.builder()
                        .put("exec", process.execId())
                        .put("io", json(process.io()))
                        .put("signals", process.signals());
        if (state instanceof ProcessState.Stopped(ExitStatus exit)) {
            exit(described, exit);
        }
        described
                .put("stdout", json(streams.stdout()))
                .put("stderr", json(streams.stderr()))
                .put("stdin_open", streams.stdinOpen())
                .put("stdin_closed", streams.stdinClosed());
        if (streams.counted()) {
            described.put("slot", streams.slot()).put("stdin", json(streams.stdinEnd()));
        }
        return described.build();
    }

    /** Puts in how a process has ended. */
    static JsonObject.Builder exit(JsonObject.Builder process, ExitStatus exit) {
        return process.put("exit_status", exit.status()).put("exited_at", exit.at().toString());
    }

    private static JsonObject json(TaskIo io) {
        return JsonObject.builder()
                .put("stdin", io.stdin())
                .put("stdout", io.stdout())
                .put("stderr", io.stderr())
                .put("terminal", io.terminal())
                .build();
    }

    /** A stream in the words of a description. */
    static JsonObject json(HeldStream stream) {
        JsonObject.Builder described =
                JsonObject.builder()
                        .put("stage", stream.stage().name())
                        .put("asked", stream.asked())
                        .put("kept", base64(stream.kept()));
        if (stream.position() > 0) {
            described.put("position", stream.position()).put("done", stream.done());
        }
        if (stream.end().isHeld()) {
            described.put("end", json(stream.end()));
        }
        return described.build();
    }

    private static String base64(ByteString bytes) {
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    private static JsonObject json(HeldEnd end) {
        return JsonObject.builder()
                .put("handle", end.handle())
                .put("descriptor", end.descriptor())
                .put("device", end.device())
                .put("inode", end.inode())
                .build();
    }

    // The inverse of what stands above.

    static HeldStdio stdio(JsonObject process) {
        return new HeldStdio(
                stream(process.object("stdout").orElse(JsonObject.EMPTY)),
                stream(process.object("stderr").orElse(JsonObject.EMPTY)),
                process.bool("stdin_open").orElse(false),
                process.bool("stdin_closed").orElse(false),
                end(process, "stdin"),
                (int) process.integer("slot").orElse(HeldStdio.UNCOUNTED));
    }

    private static HeldStream stream(JsonObject json) {
        return new HeldStream(
                HeldStream.Stage.valueOf(json.string("stage").orElse("")),
                (int) json.integer("asked").orElse(0),
                json.integer("position").orElse(0),
                json.integer("done").orElse(0),
                ByteString.copyFrom(Base64.getDecoder().decode(json.string("kept").orElse(""))),
                end(json, "end"));
    }

    private static HeldEnd end(JsonObject json, String name) {
        JsonObject end = json.object(name).orElse(JsonObject.EMPTY);
        return new HeldEnd(
                (int) end.integer("handle").orElse(0),
                (int) end.integer("descriptor").orElse(0),
                end.integer("device").orElse(0),
                end.integer("inode").orElse(0));
    }
}
