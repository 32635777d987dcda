package io.saya.guest;

import io.saya.host.HostProcess;
import io.saya.hypervisor.Vm;
import io.saya.log.Log;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Finds why a guest is lost. A VMM that ends hangs up on everything else first, and so does a vsock
 * daemon on this process: who comes later says more, and is given a moment. Thread safe; nothing
 * here blocks.
 */
final class GuestLoss {
    private static final Log LOG = Log.of("guest");

    /** How long a process that ended may take to be reaped after others have noticed its end. */
    private static final Duration REAPED_LIMIT = Duration.ofMillis(500);

    private final Vm vm;
    private final Guest.Daemons daemons;
    private final SandboxCgroup cgroup;
    private final boolean keepAbnormal;
    private final CompletableFuture<StopCause> cause = new CompletableFuture<>();

    /**
     * @param cgroup tells whether one was killed for its memory
     * @param keepAbnormal whether a VM stays whose agent is lost
     */
    GuestLoss(Vm vm, Guest.Daemons daemons, SandboxCgroup cgroup, boolean keepAbnormal) {
        this.vm = vm;
        this.daemons = daemons;
        this.cgroup = cgroup;
        this.keepAbnormal = keepAbnormal;
    }

    /**
     * Completes when the VM, virtiofsd or the connection to the agent is gone, be it on request or
     * not.
     */
    CompletableFuture<StopCause> cause() {
        return cause;
    }

    /** Begins to notice the ends of VM and daemons. */
    void watch() {
        HostProcess virtiofsd = daemons.virtiofsd();
        daemons.vsock().ifPresent(this::watchVsock);
        var _ =
                vm.exited()
                        .thenAccept(
                                exit ->
                                        cause.complete(
                                                told(
                                                        "QEMU has ended",
                                                        () ->
                                                                BootDiagnosis.cause(
                                                                        vm, exit, cgroup))));
        var _ =
                virtiofsd
                        .exited()
                        .thenAccept(
                                exit ->
                                        lostUnlessVmEnded(
                                                told(
                                                        "virtiofsd has ended",
                                                        () ->
                                                                BootDiagnosis.cause(
                                                                        virtiofsd, exit, cgroup))));
    }

    private void watchVsock(HostProcess daemon) {
        var _ =
                daemon.exited()
                        .thenAccept(
                                exit ->
                                        lostUnlessVmEnded(
                                                told(
                                                        "the vsock daemon has ended",
                                                        () ->
                                                                BootDiagnosis.vsockCause(
                                                                        daemon, exit, cgroup))));
    }

    /** The connection to the agent has ended; a vsock daemon that ended is the cause. */
    void agentLost(String end) {
        StopCause.AgentLost agent = withLastWords(end);
        if (daemons.vsock().isPresent()) {
            unlessEnded(daemons.vsock().get().exited(), () -> lostUnlessVmEnded(agent));
        } else if (!staysWithout(agent)) {
            lostUnlessVmEnded(agent);
        }
    }

    /**
     * True if the VM stays although its agent is lost, which is told here: by the configuration
     * ({@code keep_abnormal}), or because its memory is dumped, after which it ends by itself.
     */
    boolean staysWithout(StopCause.AgentLost agent) {
        if (vm.dumping()) {
            return true;
        }
        if (keepAbnormal) {
            LOG.error(
                    "the agent is lost, and the sandbox is kept, as keep_abnormal in [runtime] of"
                            + " the configuration wants it; a Kill ends it",
                    "cause",
                    agent.describe());
        }
        return keepAbnormal;
    }

    /** Adds to the loss of an agent what the guest has printed last. */
    StopCause withLastWords(StopCause found) {
        return found instanceof StopCause.AgentLost(String why) ? withLastWords(why) : found;
    }

    private StopCause.AgentLost withLastWords(String why) {
        try {
            return new StopCause.AgentLost(BootDiagnosis.withConsole(vm, why));
        } catch (RuntimeException | Error e) {
            LOG.error("what the guest printed last cannot be told", "error", e);
            return new StopCause.AgentLost(why);
        }
    }

    /** What is found of a loss; that it is lost counts more than why. */
    private static StopCause told(String fallback, Supplier<StopCause> found) {
        try {
            return found.get();
        } catch (RuntimeException | Error e) {
            LOG.error("why the guest is lost cannot be told", "error", e);
            return new StopCause.VmLost(fallback);
        }
    }

    private void lostUnlessVmEnded(StopCause found) {
        unlessEnded(vm.exited(), () -> cause.complete(found));
    }

    private static void unlessEnded(CompletableFuture<?> exited, Runnable then) {
        var _ =
                exited.thenApply(_ -> true)
                        .completeOnTimeout(false, REAPED_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                        .thenAccept(
                                ended -> {
                                    if (!ended) {
                                        then.run();
                                    }
                                });
    }
}
