package io.saya.task;

import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerFigures;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.ProcessorTimes;
import io.saya.hypervisor.VmDevice;
import io.saya.io.ContainerIdentity;
import io.saya.io.ProcessStdio;
import io.saya.io.StdioOpener;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import io.saya.share.ContainerShares;
import io.saya.share.HostMounts;
import io.saya.share.KubeletVolume;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes on with the containers of a sandbox that another daemon has handed over ({@link
 * TaskHandover}): first {@link #add} while that one still lives, then {@link #goOn}.
 */
final class TaskSuccession {
    private final Sandbox sandbox;
    private final StdioOpener stdio;
    private final List<Running> attached = new ArrayList<>();

    private final List<Container> ended = new ArrayList<>();

    private record Running(Container container, ContainerProcess process) {}

    TaskSuccession(Sandbox sandbox, StdioOpener stdio) {
        this.sandbox = sandbox;
        this.stdio = stdio;
    }

    /**
     * Adds the containers, with their streams open and nothing moving in them.
     *
     * @throws RuntimeFailure if a stream cannot be opened, or a specification not be read
     */
    void add(JsonArray containers) {
        for (JsonObject one : containers.objects()) {
            Container container = container(one);
            sandbox.tasks().add(container);
        }
    }

    private Container container(JsonObject held) {
        String id = held.string("id").orElse("");
        Path bundle = Path.of(held.string("bundle").orElse(""));
        ContainerKind kind = OciSpec.read(bundle).kind();
        JsonObject first = held.object("init").orElse(JsonObject.EMPTY);
        TaskIo io = io(first);
        ContainerProcess init = new ContainerProcess(id, io, reopen(id, io, first));
        Container container =
                new Container(
                        id,
                        bundle,
                        kind,
                        init,
                        new ContainerFigures(
                                id,
                                () -> sandbox.guest().requireAgent().stats(id),
                                () -> ProcessorTimes.ofVcpus(sandbox.vmmPid())));
        container.figures().goOn(held.object("figures").orElse(JsonObject.EMPTY));
        init.resume(state(first), signals(first));
        container.resume(
                switch (held.string("state").orElse("")) {
                    case "created" -> new ContainerState.Created();
                    case "running" -> new ContainerState.Running();
                    case "paused" -> new ContainerState.Paused();
                    default -> new ContainerState.Stopped(exit(first));
                });
        noteAttached(container, init, first);
        for (JsonObject exec : held.array("execs").orElse(JsonArray.EMPTY).objects()) {
            TaskIo streams = io(exec);
            String execId = exec.string("exec").orElse("");
            ContainerProcess process =
                    new ContainerProcess(id, execId, streams, reopen(id, streams, exec));
            process.resume(state(exec), signals(exec));
            container.execs().put(execId, process);
            noteAttached(container, process, exec);
        }
        holdResources(container, held);
        if (held.bool(StandingTasks.TELL).orElse(false)) {
            ended.add(container);
        }
        if (kind != ContainerKind.POD_SANDBOX) {
            var _ =
                    init.exited()
                            .thenRun(
                                    () -> {
                                        sandbox.guest().swap().dismiss(id);
                                        sandbox.guest().oomScore().dismiss(id);
                                        sandbox.guest().machine().dismiss(id);
                                    });
        }
        held.object("stand_in")
                .ifPresent(
                        process ->
                                container
                                        .standIn()
                                        .adopt(
                                                sandbox.guest()
                                                        .host()
                                                        .known(
                                                                (int)
                                                                        process.integer("handle")
                                                                                .orElse(0),
                                                                process.integer("pid").orElse(0),
                                                                "stand-in")));
        return container;
    }

    /** In the order in which its creation takes them. */
    private void holdResources(Container container, JsonObject held) {
        ContainerShares shares = ContainerShares.standing(sandbox.guest().shared(), container.id());
        container.resources().push("shares", () -> ContainerCreation.releaseShares(shares));
        HostMounts mounts = new HostMounts(sandbox.guest().host());
        for (String target : held.array("mounts").orElse(JsonArray.EMPTY).strings()) {
            container
                    .resources()
                    .push(TaskDescription.MOUNT + target, () -> mounts.detach(Path.of(target)));
        }
        for (JsonObject one : held.array("disks").orElse(JsonArray.EMPTY).objects()) {
            // How it was opened is of no matter any more.
            VmDevice.Block disk =
                    new VmDevice.Block(
                            one.string("id").orElse(""),
                            Path.of(one.string("path").orElse("")),
                            false);
            container
                    .resources()
                    .push(TaskDescription.step(disk), () -> sandbox.guest().unplug(disk));
        }
        for (JsonObject volume : held.array("volumes").orElse(JsonArray.EMPTY).objects()) {
            String place = volume.string("place").orElse("");
            container
                    .resources()
                    .push(TaskDescription.VOLUME + place, () -> sandbox.guest().unfollow(place));
            sandbox.guest()
                    .follow(
                            place,
                            new KubeletVolume.Told(
                                    new KubeletVolume(
                                            Path.of(volume.string("directory").orElse(""))),
                                    volume.string("version").orElse("")));
        }
        container
                .resources()
                .push(
                        "container in the guest",
                        () ->
                                ContainerCreation.removeFromGuest(
                                        sandbox.guest().requireAgent(), container.id()));
    }

    private void noteAttached(Container container, ContainerProcess process, JsonObject held) {
        if (TaskDescription.stdio(held).attached()) {
            attached.add(new Running(container, process));
        }
    }

    private ProcessStdio reopen(String containerId, TaskIo io, JsonObject held) {
        return stdio.reopen(
                io,
                new ContainerIdentity(sandbox.identity().namespace(), containerId),
                TaskDescription.stdio(held));
    }

    private static TaskIo io(JsonObject held) {
        JsonObject io = held.object("io").orElse(JsonObject.EMPTY);
        return new TaskIo(
                io.string("stdin").orElse(""),
                io.string("stdout").orElse(""),
                io.string("stderr").orElse(""),
                io.bool("terminal").orElse(false));
    }

    private static long signals(JsonObject held) {
        return held.integer("signals").orElse(0);
    }

    private static ProcessState state(JsonObject held) {
        return held.string("exited_at").isPresent()
                ? new ProcessState.Stopped(exit(held))
                : new ProcessState.Running();
    }

    private static ExitStatus exit(JsonObject held) {
        return new ExitStatus(
                (int) held.integer("exit_status").orElse(ExitStatus.UNKNOWN),
                Instant.parse(held.string("exited_at").orElse("1970-01-01T00:00:00Z")));
    }

    /** Moves output and notices exits again; the daemon before has ended. */
    void goOn() {
        ended.forEach(this::tellExits);
        Agent agent = sandbox.guest().requireAgent();
        for (Running one : attached) {
            one.process()
                    .stdio()
                    .attach(agent.streams(one.container().id(), one.process().processId()));
        }
        for (Container container : sandbox.tasks().all()) {
            if (sandbox.tasks().locked(() -> container.state().liveInGuest())) {
                sandbox.exits().watch(container, container.init());
            }
            for (ContainerProcess exec : sandbox.tasks().locked(container::liveExecs)) {
                sandbox.exits().watch(container, exec);
            }
        }
    }

    /** Whether the daemon before had told of them is not known; twice is as good as once. */
    private void tellExits(Container container) {
        TaskTable table = sandbox.tasks();
        table.locked(
                () -> {
                    for (ContainerProcess exec : container.execs().values()) {
                        tellExit(container, exec);
                    }
                    tellExit(container, container.init());
                });
    }

    private void tellExit(Container container, ContainerProcess process) {
        if (container.stateOf(process) instanceof ProcessState.Stopped(ExitStatus exit)) {
            sandbox.tasks()
                    .publish(
                            new TaskEvent.Exit(
                                    container.id(),
                                    process.processId(),
                                    container.standIn().pid(),
                                    exit.status(),
                                    exit.at()));
        }
    }
}
