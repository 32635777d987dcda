package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ProcessState;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a kill does (design: kill means stopped). SIGKILL to the sandbox container stops the sandbox
 * and returns when the VM is gone, and so does SIGTERM to a pod's pause container after a moment in
 * which it may leave by itself. Everything else is a signal for the guest.
 */
final class TaskKill {

    private static final Log LOG = Log.of("kill");

    /** How long a pause container may take to leave after SIGTERM. */
    private static final long PAUSE_LIMIT_MS = 1_000;

    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int HIGHEST_SIGNAL = 64;

    private final Sandbox sandbox;
    private final TaskTable table;

    TaskKill(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
    }

    void kill(String containerId, String execId, int signal, boolean all) {
        if (signal < 1 || signal > HIGHEST_SIGNAL) {
            throw RuntimeFailure.invalidArgument(
                    "signal " + signal + " (expected: 1 to " + HIGHEST_SIGNAL + ")");
        }
        Container container = table.container(containerId);
        ContainerProcess process = table.process(containerId, execId);
        boolean created = table.locked(() -> checkAlive(container, process));
        if (process.isInit() && container.kind().ownsSandbox() && signal == SIGKILL) {
            sandbox.stop();
        } else if (process.isInit()
                && container.kind() == ContainerKind.POD_SANDBOX
                && signal == SIGTERM) {
            terminatePause(containerId);
            sandbox.stop();
        } else if (!created) {
            throw RuntimeFailure.unavailable(
                    "cannot signal " + process.describe() + ": it is still being made", null);
        } else {
            signal(process, signal, all);
        }
    }

    /** Whether the container exists in the guest. */
    private static boolean checkAlive(Container container, ContainerProcess process) {
        switch (process.state()) {
            case ProcessState.Stopped _ ->
                    throw RuntimeFailure.notFound(
                            process.describe() + ": process already finished");
            case ProcessState.Created() -> {
                if (!process.isInit()) {
                    throw RuntimeFailure.failedPrecondition(
                            "cannot signal " + process.describe() + ": it has not been started");
                }
            }
            case ProcessState.Starting(), ProcessState.Running() -> {}
        }
        return container.createdInGuest();
    }

    private void signal(ContainerProcess process, int signal, boolean all) {
        Agent agent = sandbox.guest().requireAgent();
        if (process.isInit() && (all || signal == SIGKILL)) {
            // With a private pid namespace the death of its first process would be that of all
            // others; with a shared one they
            // would live on.
            agent.signalContainer(process.containerId(), signal);
        } else {
            agent.signalProcess(process.containerId(), process.processId(), signal);
        }
        if (signal == SIGKILL) {
            process.killed().complete(null);
        }
    }

    private void terminatePause(String containerId) {
        Container container = table.container(containerId);
        try {
            sandbox.guest().requireAgent().signalProcess(containerId, containerId, SIGTERM);
            sandbox.exits().known(container).get(PAUSE_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (RuntimeFailure | TimeoutException | ExecutionException e) {
            LOG.debug("the pause container does not leave by itself", "error", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
