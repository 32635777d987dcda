package io.saya.task;

import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.host.Signal;
import io.saya.lifecycle.Patience;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import io.saya.trace.TraceParent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends signals to processes in the guest. A guest that does not answer holds up no caller, and the
 * VM of a guest that does not obey SIGKILL is stopped. Thread safe.
 */
final class GuestSignals {

    private static final Log LOG = Log.of("kill");

    /**
     * How long a caller waits for the guest's answer: a call must return within 100 ms whatever the
     * guest does. The signal is delivered all the same.
     */
    private static final Duration ANSWER_LIMIT = Duration.ofMillis(80);

    /** How often the patience with a container that is to end is asked whether it lasts. */
    private static final Duration GLANCE = Duration.ofSeconds(2);

    /**
     * How many times its limit by the clock a guest has on a busy host to obey SIGKILL. That is
     * well below the two minutes that a kubelet waits for a container that it kills, the call to a
     * deaf agent included.
     */
    private static final int CLOCK_FACTOR = 4;

    /**
     * How long a signal to an exec waits for the answer to its start; that has limits of its own.
     */
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Sandbox sandbox;

    GuestSignals(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    /**
     * Sends a signal; returns when the guest has taken the signal, or after 80 ms. An exec that is
     * being started gets it when it runs: before, the guest would say that there is none, which
     * clients take for its end.
     *
     * @param all to every process of the container
     * @throws RuntimeFailure what the guest says within that time
     */
    void send(Container container, ContainerProcess process, int signal, boolean all) {
        CompletableFuture<Void> taken =
                deliver(
                        container,
                        process,
                        signal,
                        () -> {
                            if (!process.isInit()) {
                                var _ = process.startSettled().await(START_LIMIT);
                            }
                            signal(container, process, signal, all);
                        });
        switch (Waited.on(taken, ANSWER_LIMIT)) {
            case Waited.Done(var _) -> {}
            case Waited.Failed<Void> failed ->
                    throw failed.failure("signal " + signal + " to " + process.describe());
            case Waited.TimedOut() -> {
                var _ = taken.whenComplete((_, failure) -> settled(process, signal, failure));
            }
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while signal "
                                    + signal
                                    + " is sent to "
                                    + process.describe(),
                            null);
        }
    }

    /**
     * Sends a signal and returns at once.
     *
     * @return done when the guest has taken it; fails with what the guest says
     */
    CompletableFuture<Void> deliver(
            Container container, ContainerProcess process, int signal, boolean all) {
        return deliver(container, process, signal, () -> signal(container, process, signal, all));
    }

    private CompletableFuture<Void> deliver(
            Container container, ContainerProcess process, int signal, Runnable act) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        boolean mustEnd = process.isInit() && signal == Signal.SIGKILL;
        Runnable delivery =
                () -> {
                    Patience patience = null;
                    try {
                        if (mustEnd) {
                            // From now on: a deaf agent does not answer the call either.
                            patience = sandbox.guest().await(sandbox.limits().obey(), CLOCK_FACTOR);
                        }
                        act.run();
                        taken.complete(null);
                    } catch (RuntimeException | Error e) {
                        taken.completeExceptionally(e);
                    } finally {
                        if (patience != null) {
                            expectEnd(container, patience);
                        }
                    }
                };
        Thread.ofVirtual()
                .name("signal to " + process.describe())
                .start(TraceParent.here(delivery));
        return taken;
    }

    private void signal(Container container, ContainerProcess process, int signal, boolean all) {
        Agent agent = sandbox.guest().requireAgent();
        if (process.isInit() && (all || signal == Signal.SIGKILL)) {
            sandbox.tasks().signalled(container, signal, true);
            // With a private pid namespace the death of its first process would be that of all
            // others; with a shared one they would live on.
            agent.signalContainer(process.containerId(), signal);
        } else {
            process.signalled(signal);
            agent.signalProcess(process.containerId(), process.processId(), signal);
        }
        if (signal == Signal.SIGKILL) {
            process.killed().open();
        }
    }

    /**
     * Stops the sandbox if the container has not ended some time after SIGKILL. SIGKILL is only a
     * message to the guest, and the exit only the guest's word: an orchestrator that waited for an
     * exit that never comes would never get to kill the sandbox container.
     */
    private void expectEnd(Container container, Patience patience) {
        Duration limit = sandbox.limits().obey();
        Duration glance = limit.compareTo(GLANCE) < 0 ? limit : GLANCE;
        if (Waited.on(container.init().exited(), patience, glance) instanceof Waited.TimedOut) {
            sandbox.requestStop(
                    new StopCause.AgentLost(
                            "container "
                                    + container.id()
                                    + " has not ended "
                                    + limit.toMillis()
                                    + " ms after SIGKILL"));
        }
    }

    private static void settled(ContainerProcess process, int signal, @Nullable Throwable failure) {
        if (failure == null) {
            return;
        }
        LOG.warn(
                "a signal did not reach its process",
                "process",
                process.describe(),
                "signal",
                signal,
                "error",
                failure);
    }
}
