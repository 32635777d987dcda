package io.saya.task;

import io.saya.agent.Agent;
import io.saya.agent.Patience;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.host.Signal;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Signals on their way to processes in the guest. A guest that does not answer holds up nobody, and
 * one that does not obey SIGKILL loses its VM. Thread safe.
 */
final class GuestSignals {

    private static final Log LOG = Log.of("kill");

    /**
     * How long who asks waits for the guest's word: a call is to be answered within 100 ms whatever
     * the guest does. The signal is delivered all the same.
     */
    private static final long ANSWER_LIMIT_MS = 80;

    /** Between two questions whether the patience with a container that is to end lasts. */
    private static final long GLANCE_MS = 2_000;

    private final Sandbox sandbox;

    GuestSignals(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    /**
     * Sends a signal; returns when the guest has taken it, or after 80 ms.
     *
     * @param all to every process of the container
     * @throws RuntimeFailure what the guest says within that time
     */
    void send(Container container, ContainerProcess process, int signal, boolean all) {
        CompletableFuture<Void> taken = deliver(container, process, signal, all);
        try {
            taken.get(ANSWER_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            var _ = taken.whenComplete((_, failure) -> settled(process, signal, failure));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? new RuntimeFailure(failure.kind(), failure.getMessage(), failure)
                    : RuntimeFailure.internal(
                            "signal " + signal + " to " + process.describe() + ": " + e.getCause(),
                            e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable("interrupted", e);
        }
    }

    /**
     * The same without waiting.
     *
     * @return done when the guest has taken it; fails with what the guest says
     */
    CompletableFuture<Void> deliver(
            Container container, ContainerProcess process, int signal, boolean all) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("signal to " + process.describe())
                .start(
                        () -> {
                            try {
                                signal(container, process, signal, all);
                                taken.complete(null);
                            } catch (RuntimeException e) {
                                taken.completeExceptionally(e);
                            } finally {
                                if (process.isInit() && signal == Signal.SIGKILL) {
                                    expectEnd(container);
                                }
                            }
                        });
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
            process.killed().complete(null);
        }
    }

    /**
     * SIGKILL is only a message to the guest, and the exit only its word: an orchestrator that
     * waits for one that never comes would never get to the sandbox container, whose end is ours to
     * see.
     */
    private void expectEnd(Container container) {
        Duration limit = sandbox.limits().obey();
        Patience patience = sandbox.guest().await(limit);
        CompletableFuture<?> end = container.init().exited();
        long glance = Math.min(limit.toMillis(), GLANCE_MS);
        while (!within(end, glance)) {
            if (patience.exhausted()) {
                sandbox.requestStop(
                        new StopCause.AgentLost(
                                "container "
                                        + container.id()
                                        + " has not ended "
                                        + limit.toMillis()
                                        + " ms after SIGKILL"));
                return;
            }
        }
    }

    private static boolean within(CompletableFuture<?> end, long millis) {
        try {
            end.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
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
