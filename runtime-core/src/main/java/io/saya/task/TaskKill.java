package io.saya.task;

import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerVerb;
import io.saya.container.ProcessState;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.ContainerKind;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Carries out Kill, so that killed means stopped. SIGKILL to the sandbox container stops the
 * sandbox and returns when the VM is gone, and so does SIGTERM to a pod's pause container after a
 * moment in which it may leave by itself. Everything else is a signal for the guest.
 */
final class TaskKill {

    private static final Log LOG = Log.of("kill");

    /** How long a pause container may take to leave, counted from when SIGTERM is sent. */
    private static final Duration PAUSE_LIMIT = Duration.ofSeconds(1);

    private final Sandbox sandbox;
    private final TaskTable table;
    private final GuestSignals signals;

    TaskKill(Sandbox sandbox, GuestSignals signals) {
        this.sandbox = sandbox;
        this.signals = signals;
        this.table = sandbox.tasks();
    }

    void kill(String containerId, String execId, int signal, boolean all) {
        if (signal < Signal.NONE || signal > Signal.HIGHEST) {
            throw RuntimeFailure.invalidArgument(
                    "signal " + signal + " (expected: 0 to " + Signal.HIGHEST + ")");
        }
        Container container = table.container(containerId);
        ContainerProcess process = table.process(containerId, execId);
        boolean first = process.isInit();
        table.locked(() -> checkAlive(container, process));
        if (first && container.kind().ownsSandbox() && signal == Signal.SIGKILL) {
            sandbox.stop();
        } else if (first
                && container.kind() == ContainerKind.POD_SANDBOX
                && signal == Signal.SIGTERM) {
            terminatePause(container);
            sandbox.stop();
        } else {
            if (first) {
                table.locked(() -> container.check(ContainerVerb.SIGNAL));
            }
            if (signal != Signal.NONE) {
                send(container, process, signal, all);
            }
        }
    }

    /**
     * Refuses a signal to a process that has ended, or to an exec that has not been started. A
     * container that is still being made passes, since its sandbox can be stopped.
     */
    private static void checkAlive(Container container, ContainerProcess process) {
        switch (container.stateOf(process)) {
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
    }

    private void send(Container container, ContainerProcess process, int signal, boolean all) {
        try {
            signals.send(container, process, signal, all);
        } catch (RuntimeFailure e) {
            if (e.kind() != RuntimeFailure.Kind.UNAVAILABLE) {
                throw e;
            }
            // The connection is lost or was ended, and with it go all processes. A client
            // that stops a pod takes only NOT_FOUND for "gone", and may act on it: so it is told
            // when it is true.
            sandbox.awaitStopped();
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.NOT_FOUND,
                    process.describe() + ": process already finished",
                    e);
        }
    }

    /**
     * Sends SIGTERM to the pause container and gives it a moment to leave. A guest that does not
     * take the signal gets no more time.
     */
    private void terminatePause(Container container) {
        CompletableFuture<?> left =
                signals.deliver(container, container.init(), Signal.SIGTERM, false)
                        .thenCompose(_ -> sandbox.exits().known(container));
        if (!Waited.on(left, PAUSE_LIMIT).isDone()) {
            LOG.debug("the pause container does not leave by itself");
        }
    }
}
