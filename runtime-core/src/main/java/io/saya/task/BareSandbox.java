package io.saya.task;

import io.saya.container.ExitStatus;
import io.saya.container.StandIn;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StopCause;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox without a sandbox container, which clients start and stop by itself (containerd's
 * sandbox API). A process on the host stands for it, as for a container: its namespaces are those
 * that the specifications of the pod's containers name. Thread safe.
 */
public final class BareSandbox {
    private static final Log LOG = Log.of("sandbox");

    private final Sandbox sandbox;
    private final PodFiles files;
    private final StandIn standIn = new StandIn();
    private final CompletableFuture<ExitStatus> exited = new CompletableFuture<>();
    private final AtomicBoolean released = new AtomicBoolean();
    private volatile @Nullable Instant startedAt;

    /**
     * @param sandbox that boots
     * @param files what its containers find of their pod
     */
    public BareSandbox(Sandbox sandbox, PodFiles files) {
        this.sandbox = sandbox;
        this.files = files;
        standIn.begin(() -> sandbox.guest().standIn(sandbox.identity().id(), List.of("(sandbox)")));
        standIn.whenKilled(this::killedOnHost);
        var _ =
                sandbox.stopped()
                        .thenAccept(
                                cause ->
                                        Thread.ofVirtual()
                                                .name("sandbox-end")
                                                .start(() -> ended(cause)));
    }

    /** Nobody who is told of its end finds anything of it on the host. */
    private void ended(StopCause cause) {
        try {
            standIn.end();
        } finally {
            exited.complete(ExitStatus.now(cause.fallbackStatus()));
        }
    }

    private void killedOnHost() {
        LOG.warn("the process on the host was killed, so the sandbox is", "pid", standIn.pid());
        sandbox.requestStop(new StopCause.Requested());
    }

    /**
     * Waits until containers can be created. May be called again.
     *
     * @return the process on the host that stands for it
     * @throws RuntimeFailure with the phase and the cause if the guest does not come up
     */
    public int start() {
        try {
            sandbox.awaitBoot();
            int pid = standIn.await();
            if (startedAt == null) {
                sandbox.guest().beforeStart(sandbox.identity().id());
                startedAt = Instant.now();
                sandbox.guest().afterStart(sandbox.identity().id());
            }
            return pid;
        } catch (RuntimeException e) {
            throw sandbox.explained(e);
        }
    }

    /** Returns when {@link #start} had succeeded; empty before. */
    public Optional<Instant> startedAt() {
        return Optional.ofNullable(startedAt);
    }

    /** Returns the process on the host that stands for it, also when that has ended; 0 before. */
    public int pid() {
        return standIn.pid();
    }

    /** True while containers can be created, or will be. */
    public boolean live() {
        return sandbox.live();
    }

    /** Completes, never exceptionally, when nothing of it runs any more. */
    public CompletableFuture<ExitStatus> exited() {
        return exited.copy();
    }

    /**
     * Stops it: when this returns, nothing of it runs any more, and all exits are public. May be
     * called again.
     *
     * @throws RuntimeFailure DEADLINE_EXCEEDED if the kernel does not let go of a process
     */
    public void stop() {
        sandbox.stop();
        exited.join();
        if (sandbox.tasks().isEmpty()) {
            release();
        }
    }

    /** Stops it and gives back everything on the host; its containers must have been deleted. */
    public void close() {
        sandbox.stop();
        exited.join();
        release();
    }

    private void release() {
        if (released.compareAndSet(false, true)) {
            sandbox.release();
        }
    }

    /** Returns the specification of a container with what it gets of its pod. */
    OciSpec complete(OciSpec spec) {
        return files.in(spec, sandbox.identity().id());
    }

    /** True until it has ended: the daemon is needed also while there is no container. */
    boolean wanted() {
        return !exited.isDone();
    }
}
