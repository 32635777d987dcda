package io.saya.task;

import io.saya.container.Container;
import io.saya.container.ContainerEvent;
import io.saya.container.ContainerFigures;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StartPhase;
import io.saya.guest.StopCause;
import io.saya.host.ProcessorTimes;
import io.saya.io.ProcessStdio;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.resources.CpuSet;
import io.saya.resources.HostSets;
import io.saya.resources.LimitBounds;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Adds a container to a sandbox: its streams are opened, the machine gets its size, {@link
 * ContainerCreation} makes the container, and its creation is told. What fails on the way is the
 * failure of the whole.
 */
final class TaskCreation {

    private static final Log LOG = Log.of("tasks");

    /** Told, by the thread that creates, what has become of a container that is known. */
    interface Outcome {

        /** It is there, before its caller is answered. A failure is one of the creation. */
        void made(Container container);

        /** It could not be made, and must be forgotten. */
        void failed(Container container, Throwable cause);
    }

    private final Sandbox sandbox;
    private final TaskTable table;
    private final Optional<BareSandbox> bare;
    private final BiFunction<String, TaskIo, ProcessStdio> stdio;
    private final TaskResources machine;
    private final Outcome outcome;

    /**
     * @param bare the sandbox, if it is one without a sandbox container
     * @param stdio opens the streams of a container
     * @param machine gets its size by the containers
     */
    TaskCreation(
            Sandbox sandbox,
            Optional<BareSandbox> bare,
            BiFunction<String, TaskIo, ProcessStdio> stdio,
            TaskResources machine,
            Outcome outcome) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
        this.bare = bare;
        this.stdio = stdio;
        this.machine = machine;
        this.outcome = outcome;
    }

    /**
     * Makes a container; its program does not run yet. Blocks.
     *
     * @throws RuntimeFailure with the phase and the cause; nothing is left of the container then
     */
    Container create(CreateRequest request, OciSpec given) {
        OciSpec spec = bare.map(pod -> pod.complete(given)).orElse(given);
        ContainerKind kind = spec.kind();
        if (!sandbox.live()) {
            throw sandbox.whyNot("create container " + request.id());
        }
        if (kind.ownsSandbox() != request.id().equals(sandbox.identity().id())) {
            throw RuntimeFailure.invalidArgument(
                    "container "
                            + request.id()
                            + (kind.ownsSandbox()
                                    ? " is a sandbox container in the sandbox of "
                                    : " is a pod's container with the id of its sandbox ")
                            + sandbox.identity().id());
        }
        ProcessStdio opened = openFirst(request, kind);
        Container container =
                new Container(
                        request.id(),
                        request.bundle(),
                        kind,
                        new ContainerProcess(request.id(), request.io(), opened),
                        new ContainerFigures(
                                request.id(),
                                () -> sandbox.guest().requireAgent().stats(request.id()),
                                () -> ProcessorTimes.ofVcpus(sandbox.vmmPid())));
        try {
            table.add(container);
        } catch (RuntimeFailure e) {
            opened.close();
            throw e;
        }
        try {
            HostSets.require(spec.resources());
            LimitBounds.require(spec.resources());
            container.standIn().begin(() -> sandbox.guest().standIn(request.id(), spec.program()));
            OciSpec limited = sandbox.guest().limited(spec);
            ContainerCreation creation =
                    new ContainerCreation(
                            sandbox, container, limited, bare.map(BareSandbox::pid).orElse(0));
            if (creation.dependsOnGuest(request.rootfs())) {
                sandbox.awaitBoot();
            }
            ContainerCreation.Prepared prepared = creation.prepare(request.rootfs());
            sandbox.awaitBoot();
            CpuSet cpus =
                    kind == ContainerKind.POD_SANDBOX
                            ? CpuSet.NONE
                            : machine.admit(container, limited);
            creation.create(prepared, cpus.toString());
            machine.bound(container, cpus);
            announce(container, request);
            sandbox.clock().done(StartPhase.CONTAINER);
            sandbox.exits().watch(container, container.init());
            outcome.made(container);
            return container;
        } catch (RuntimeException e) {
            RuntimeException explained = sandbox.explained(e);
            outcome.failed(container, explained);
            throw explained;
        } catch (Error e) {
            outcome.failed(container, e);
            throw e;
        }
    }

    private void announce(Container container, CreateRequest request) {
        table.locked(
                () -> {
                    container.apply(new ContainerEvent.Made());
                    if (container.state() instanceof ContainerState.Abandoned) {
                        throw RuntimeFailure.unavailable(
                                "the sandbox stopped while container "
                                        + container.id()
                                        + " was created",
                                null);
                    }
                    table.publish(
                            new TaskEvent.Create(
                                    container.id(),
                                    container.bundle().toString(),
                                    request.rootfs(),
                                    request.io(),
                                    "",
                                    container.standIn().pid()));
                });
        LOG.info("container created", "container", container.id());
    }

    /**
     * Opens the streams of a container's first process. Where that fails for the first container of
     * the sandbox, the sandbox is stopped: no client will ever use it.
     */
    private ProcessStdio openFirst(CreateRequest request, ContainerKind kind) {
        try {
            return stdio.apply(request.id(), request.io());
        } catch (RuntimeFailure e) {
            boolean alone = table.isEmpty();
            if (alone && kind.ownsSandbox()) {
                sandbox.requestStop(new StopCause.BootFailed(e.getMessage()));
            }
            throw e;
        }
    }
}
