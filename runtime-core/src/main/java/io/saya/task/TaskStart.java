package io.saya.task;

import io.saya.agent.StartError;
import io.saya.container.Container;
import io.saya.container.ContainerEvent;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerVerb;
import io.saya.container.ExecDefinition;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessEvent;
import io.saya.container.ProcessState;
import io.saya.event.TaskEvent;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/**
 * Starts processes: the first one of a container, or an exec. A start that fails leaves nothing
 * that runs: what the guest made of it is ended before clients see the end. Thread safe.
 */
final class TaskStart {

    private static final Log LOG = Log.of("start");

    /**
     * How long a start that failed waits for the end of its container, so that a client that
     * deletes it next finds it stopped. The container ends later all the same, or its guest does
     * (see {@link GuestSignals}).
     */
    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private final Sandbox sandbox;
    private final TaskTable table;
    private final GuestSignals signals;

    TaskStart(Sandbox sandbox, GuestSignals signals) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
        this.signals = signals;
    }

    /**
     * Runs the process, and publishes its start before its exit.
     *
     * @return the process on the host that stands for it
     */
    int start(Container container, ContainerProcess process) {
        request(container, process);
        try {
            startInGuest(process);
        } catch (RuntimeException | Error e) {
            failed(container, process, e);
            throw e;
        }
        int pid = container.standIn().pid();
        if (!table.locked(() -> succeeded(container, process, pid))) {
            throw late(container, process);
        }
        try {
            Failpoints.reach(Moment.START_ATTACH);
            process.stdio()
                    .attach(
                            sandbox.guest()
                                    .requireAgent()
                                    .streams(process.containerId(), process.processId()));
        } finally {
            if (!process.isInit()) {
                sandbox.exits().watch(container, process);
            }
        }
        return pid;
    }

    private void request(Container container, ContainerProcess process) {
        table.locked(
                () -> {
                    if (!process.isInit()) {
                        container.check(ContainerVerb.START_EXEC);
                    }
                    container.apply(process, new ProcessEvent.StartRequested());
                });
    }

    private void startInGuest(ContainerProcess process) {
        if (process.isInit()) {
            sandbox.guest().beforeStart(process.containerId());
            sandbox.guest().requireAgent().startContainer(process.containerId());
            return;
        }
        ExecDefinition exec = table.locked(process::takeDefinition);
        exec.streams().open();
        try {
            sandbox.guest()
                    .requireAgent()
                    .execProcess(process.containerId(), process.execId(), exec.process());
        } catch (RuntimeFailure e) {
            throw StartError.ofExec(e.getMessage())
                    .map(message -> new RuntimeFailure(e.kind(), message, e))
                    .orElse(e);
        }
    }

    /**
     * True if the process runs; then its start event is published. False if its container or
     * sandbox has ended meanwhile, and the process with it.
     */
    private boolean succeeded(Container container, ContainerProcess process, int pid) {
        container.apply(process, new ProcessEvent.StartSucceeded());
        if (!(container.stateOf(process) instanceof ProcessState.Running)) {
            return false;
        }
        table.publish(
                process.isInit()
                        ? new TaskEvent.Start(process.containerId(), pid)
                        : new TaskEvent.ExecStarted(process.containerId(), process.execId(), pid));
        return true;
    }

    private RuntimeFailure late(Container container, ContainerProcess process) {
        if (process.isInit()) {
            process.stdio().close();
        } else {
            endExec(container, process, ExitStatus.KILLED);
            killExec(container, process);
        }
        return sandbox.live()
                ? RuntimeFailure.failedPrecondition(
                        "cannot start " + process.describe() + ": the container has ended")
                : sandbox.whyNot("start " + process.describe());
    }

    private void failed(Container container, ContainerProcess process, Throwable cause) {
        if (!process.isInit()) {
            if (!refused(cause)) {
                killExec(container, process);
            }
            endExec(container, process, ExitStatus.UNKNOWN);
            return;
        }
        table.locked(() -> container.apply(new ContainerEvent.StartFailed()));
        process.stdio().close();
        try {
            if (container.kind().ownsSandbox()) {
                sandbox.requestStop(new StopCause.StartFailed(String.valueOf(cause.getMessage())));
                sandbox.awaitStopped();
            } else {
                // Its exit is found as any other is; so is the lack of one.
                var _ = signals.deliver(container, process, Signal.SIGKILL, true);
                var _ = Waited.on(process.exited(), END_LIMIT);
            }
        } catch (RuntimeFailure e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * True if the guest, or the host before it, has said that the process does not run. After a
     * time-out or a fault it may run.
     */
    private static boolean refused(Throwable cause) {
        return cause instanceof RuntimeFailure failure
                && failure.kind() != RuntimeFailure.Kind.DEADLINE_EXCEEDED;
    }

    /**
     * Kills an exec and waits for the guest's answer, so that the signal cannot strike a later exec
     * of the same id. Then asks for its exit, which nobody else does: until somebody has, the guest
     * keeps its id and its streams.
     */
    private void killExec(Container container, ContainerProcess exec) {
        try {
            signals.deliver(container, exec, Signal.SIGKILL, false).join();
            var _ =
                    sandbox.guest()
                            .requireAgent()
                            .waitProcess(exec.containerId(), exec.processId());
        } catch (CompletionException | RuntimeFailure e) {
            LOG.debug("no exec to kill", "process", exec.describe(), "error", e);
        }
    }

    private void endExec(Container container, ContainerProcess exec, int status) {
        // Without an event: its start was not told of either.
        table.finish(container, exec, ExitStatus.now(status));
        exec.stdio().close();
    }
}
