package io.saya.sandbox;

import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessEvent;
import io.saya.container.ProcessState;
import io.saya.event.TaskEvent;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.io.DeferredStdio;
import io.saya.proto.agent.oci.Process;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How a process begins to run: a container's first one, or an exec. Thread safe. */
final class TaskStart {
    /** What the start of an exec needs. */
    private record PendingExec(Process definition, DeferredStdio streams) {}

    private final Sandbox sandbox;
    private final TaskTable table;
    private final Map<ContainerProcess, PendingExec> execs = new ConcurrentHashMap<>();

    TaskStart(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
    }

    /** Keeps what the start of this exec will need. */
    void define(ContainerProcess exec, Process definition, DeferredStdio streams) {
        execs.put(exec, new PendingExec(definition, streams));
    }

    /** The exec will not be started any more; nothing happens if it was. */
    void forget(ContainerProcess exec) {
        execs.remove(exec);
    }

    /**
     * Runs it, and publishes its start before any exit of it.
     *
     * @return the process on the host that stands for it
     */
    int start(String containerId, String execId) {
        ContainerProcess process = table.process(containerId, execId);
        request(table.container(containerId), process);
        try {
            startInGuest(process);
        } catch (RuntimeFailure e) {
            failed(process);
            throw e;
        }
        int pid = sandbox.guest().pid();
        table.locked(
                () -> {
                    process.apply(new ProcessEvent.StartSucceeded());
                    if (process.state() instanceof ProcessState.Running) {
                        table.publish(
                                process.isInit()
                                        ? new TaskEvent.Start(containerId, pid)
                                        : new TaskEvent.ExecStarted(containerId, execId, pid));
                        process.startWasPublished();
                    }
                });
        process.startSettled().complete(null);
        Failpoints.reach(Moment.START_ATTACH);
        process.stdio()
                .attach(sandbox.guest().requireAgent().streams(containerId, process.processId()));
        if (!process.isInit()) {
            sandbox.exits().watch(table.container(containerId), process);
        }
        return pid;
    }

    private void request(Container container, ContainerProcess process) {
        table.locked(
                () -> {
                    if (container.deletion() != null || !container.createdInGuest()) {
                        throw RuntimeFailure.failedPrecondition(
                                "cannot start "
                                        + process.describe()
                                        + ": the container is being made or deleted");
                    }
                    if (!process.isInit()
                            && !(container.init().state() instanceof ProcessState.Running)) {
                        throw RuntimeFailure.failedPrecondition(
                                "cannot start "
                                        + process.describe()
                                        + ": the container is not running");
                    }
                    process.apply(new ProcessEvent.StartRequested());
                });
    }

    private void startInGuest(ContainerProcess process) {
        if (process.isInit()) {
            sandbox.guest().network().beforeStart(process.containerId());
            sandbox.guest().requireAgent().startContainer(process.containerId());
            return;
        }
        PendingExec exec = execs.remove(process);
        if (exec == null) {
            throw RuntimeFailure.notFound(process.describe() + " does not exist any more");
        }
        exec.streams().open();
        sandbox.guest()
                .requireAgent()
                .execProcess(process.containerId(), process.execId(), exec.definition());
    }

    private void failed(ContainerProcess process) {
        ExitStatus exit =
                table.locked(
                        () -> {
                            process.apply(
                                    new ProcessEvent.StartFailed(
                                            ExitStatus.now(ExitStatus.UNKNOWN)));
                            return process.state()
                                            instanceof ProcessState.Stopped(ExitStatus stopped)
                                    ? stopped
                                    : ExitStatus.now(ExitStatus.UNKNOWN);
                        });
        process.startSettled().complete(null);
        process.stdio().close();
        process.exited().complete(exit);
    }
}
