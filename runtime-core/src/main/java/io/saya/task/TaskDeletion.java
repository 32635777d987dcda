package io.saya.task;

import io.saya.container.Container;
import io.saya.container.ContainerEvent;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessEvent;
import io.saya.container.ProcessState;
import io.saya.event.TaskEvent;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.lifecycle.Latch;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Deletes containers and execs: hands over their output, removes the container from the guest and
 * gives back what it held on the host. A step that fails is logged, and the next one is taken. A
 * second Delete joins the one that is under way.
 */
final class TaskDeletion {

    private static final Log LOG = Log.of("delete");

    /**
     * How long Delete waits for a client that still reads; containerd gives State, Delete, Shutdown
     * and clean-up 10 s together (shim/containerd.md#limits).
     */
    private static final Duration OUTPUT_LIMIT = Duration.ofSeconds(5);

    /**
     * How long Delete waits for a creation under way; the calls of that have limits of their own.
     */
    private static final Duration CREATION_LIMIT = Duration.ofSeconds(60);

    /** How long the end of a process may be on its way to those who wait for it. */
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(5);

    private final Sandbox sandbox;
    private final TaskTable table;

    TaskDeletion(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
    }

    /** Deletes a container that has exited or was never started. */
    ExitStatus delete(String containerId) {
        Container container = created(containerId);
        CompletableFuture<ExitStatus> mine = new CompletableFuture<>();
        Optional<CompletableFuture<ExitStatus>> underWay =
                table.locked(() -> claim(container, mine));
        if (underWay.isPresent()) {
            return join(underWay.get());
        }
        try {
            ExitStatus exit = end(container);
            Failpoints.reach(Moment.DELETE_DISMANTLE);
            dismantle(container, OUTPUT_LIMIT);
            Failpoints.reach(Moment.DELETE_FORGET);
            table.locked(
                    () -> {
                        table.publish(
                                new TaskEvent.Delete(
                                        containerId,
                                        containerId,
                                        container.standIn().pid(),
                                        exit.status(),
                                        exit.at()));
                        table.remove(container);
                    });
            endExecs(container);
            LOG.info("container deleted", "container", containerId, "status", exit.status());
            mine.complete(exit);
            return exit;
        } catch (RuntimeException | Error e) {
            table.locked(() -> container.apply(new ContainerEvent.DeletionFailed()));
            mine.completeExceptionally(e);
            throw e;
        }
    }

    /**
     * Returns the container once its creation has ended: a creation and a deletion at the same time
     * would leave things behind. A sandbox container that is deleted while it is made has its
     * sandbox stopped, so that its creation ends.
     */
    private Container created(String containerId) {
        Container container = table.container(containerId);
        Optional<Latch> making = table.locked(() -> container.state().making());
        if (making.isPresent()) {
            if (container.kind().ownsSandbox()) {
                sandbox.requestStop(new StopCause.Requested());
            }
            switch (making.get().await(CREATION_LIMIT)) {
                case Waited.Done(var _) -> {}
                case Waited.TimedOut(), Waited.Failed(var _) ->
                        throw RuntimeFailure.deadlineExceeded(
                                "container "
                                        + containerId
                                        + " is still being created after "
                                        + CREATION_LIMIT,
                                null);
                case Waited.Interrupted() ->
                        throw RuntimeFailure.unavailable(
                                "interrupted while container " + containerId + " is created", null);
            }
        }
        return table.container(containerId);
    }

    /** Deletes an exec that has ended or was never started. */
    ExitStatus deleteExec(Container container, ContainerProcess exec) {
        ExitStatus exit = table.locked(() -> endOf(container, exec));
        exec.stdio().finish(OUTPUT_LIMIT);
        table.locked(() -> container.execs().remove(exec.execId(), exec));
        exec.exited().complete(exit);
        return exit;
    }

    /**
     * The end of an exec that is deleted. One that was never started ends here, and nobody finds it
     * any more: a Start that comes now must not run what is deleted in a moment.
     */
    private static ExitStatus endOf(Container container, ContainerProcess exec) {
        return switch (container.stateOf(exec)) {
            case ProcessState.Stopped(ExitStatus exit) -> exit;
            case ProcessState.Created() -> {
                ExitStatus never = new ExitStatus(0, Instant.EPOCH);
                container.apply(exec, new ProcessEvent.Exited(never));
                container.execs().remove(exec.execId(), exec);
                yield never;
            }
            case ProcessState.Starting(), ProcessState.Running() ->
                    throw RuntimeFailure.failedPrecondition(
                            "cannot delete " + exec.describe() + ": it is running");
        };
    }

    /**
     * Takes down a container whose creation failed and of which no client was told. Returns within
     * a limit: where the kernel does not let go of the VM, a thread gives back later what the
     * container holds, or the guard does.
     */
    void abandon(Container container, Throwable cause) {
        Optional<Latch> making = table.locked(() -> container.state().making());
        try {
            takeDown(container, cause);
        } finally {
            making.ifPresent(Latch::open);
        }
    }

    private void takeDown(Container container, Throwable cause) {
        boolean gone = true;
        if (container.kind().ownsSandbox()) {
            try {
                sandbox.requestStop(new StopCause.BootFailed(String.valueOf(cause.getMessage())));
                sandbox.awaitStopped();
            } catch (RuntimeFailure e) {
                cause.addSuppressed(e);
                gone = false;
            }
        }
        table.finish(container, container.init(), ExitStatus.now(ExitStatus.UNKNOWN));
        if (gone) {
            dismantle(container, Duration.ZERO);
        } else {
            var _ =
                    sandbox.stopped()
                            .thenRun(
                                    () ->
                                            Thread.ofVirtual()
                                                    .start(
                                                            () ->
                                                                    dismantle(
                                                                            container,
                                                                            Duration.ZERO)));
        }
        table.remove(container);
        endExecs(container);
    }

    /** Ends the execs that were never started; those that were have ended with their container. */
    private void endExecs(Container container) {
        for (ContainerProcess exec : execs(container)) {
            table.finish(container, exec, ExitStatus.now(ExitStatus.KILLED));
        }
    }

    private List<ContainerProcess> execs(Container container) {
        return table.locked(() -> List.copyOf(container.execs().values()));
    }

    /**
     * Returns the deletion that is under way; empty if there was none and {@code mine} is it from
     * now on.
     */
    private static Optional<CompletableFuture<ExitStatus>> claim(
            Container container, CompletableFuture<ExitStatus> mine) {
        if (container.state() instanceof ContainerState.Deleting(var _, var underWay)) {
            return Optional.of(underWay);
        }
        container.apply(new ContainerEvent.DeletionBegun(mine));
        return Optional.empty();
    }

    private static ExitStatus join(CompletableFuture<ExitStatus> underWay) {
        try {
            return underWay.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? new RuntimeFailure(failure.kind(), failure.getMessage(), failure)
                    : e;
        }
    }

    /** Ends the container, and the sandbox with it if the container owns the sandbox. */
    private ExitStatus end(Container container) {
        if (container.kind().ownsSandbox()) {
            sandbox.stop();
        } else {
            // Never started: it ends by being removed from the guest.
            table.finish(container, container.init(), ExitStatus.now(ExitStatus.KILLED));
        }
        // It is public by now; whoever tells it may still be at it.
        return switch (Waited.on(container.init().exited(), EXIT_LIMIT)) {
            case Waited.Done(ExitStatus exit) -> exit;
            case Waited.Failed<ExitStatus> failed ->
                    throw failed.failure("exit of container " + container.id());
            case Waited.TimedOut() ->
                    throw RuntimeFailure.deadlineExceeded(
                            "the exit of container "
                                    + container.id()
                                    + " is not told within "
                                    + EXIT_LIMIT,
                            null);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while container " + container.id() + " ends", null);
        };
    }

    private void dismantle(Container container, Duration outputLimit) {
        for (ContainerProcess exec : execs(container)) {
            exec.stdio().close();
        }
        container.init().stdio().finish(outputLimit);
        container
                .resources()
                .unwind(
                        (what, e) ->
                                LOG.warn(
                                        "cannot undo",
                                        "container",
                                        container.id(),
                                        "what",
                                        what,
                                        "error",
                                        e));
        if (container.kind().ownsSandbox()) {
            sandbox.release();
        }
    }
}
