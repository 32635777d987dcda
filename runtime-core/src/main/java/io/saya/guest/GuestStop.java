package io.saya.guest;

import io.saya.host.HostProcess;
import io.saya.hypervisor.Vm;
import io.saya.lifecycle.UndoStack;
import io.saya.log.Log;
import java.time.Duration;
import java.util.Optional;

/**
 * Ends a guest. Only the thread that stops the sandbox has a {@code GuestStop}; others ask for a
 * stop by {@code Sandbox.requestStop} and wait for it.
 */
public final class GuestStop {

    private static final Log LOG = Log.of("guest");

    /**
     * How long QEMU gets to quit by itself once the guest has written its files back; after that it
     * is killed.
     */
    private static final Duration QUIT_GRACE = Duration.ofMillis(500);

    /** How long virtiofsd gets to leave by itself once QEMU has hung up; it needs some 10 ms. */
    private static final Duration LEAVE_LIMIT = Duration.ofMillis(500);

    private final AgentLink link;
    private final Vm vm;
    private final SandboxNetwork network;
    private final HostProcess virtiofsd;
    private final Optional<HostProcess> vsockDaemon;
    private final Duration reap;
    private final UndoStack resources;

    GuestStop(
            AgentLink link,
            Vm vm,
            SandboxNetwork network,
            HostProcess virtiofsd,
            Optional<HostProcess> vsockDaemon,
            Duration reap,
            UndoStack resources) {
        this.link = link;
        this.vm = vm;
        this.network = network;
        this.virtiofsd = virtiofsd;
        this.vsockDaemon = vsockDaemon;
        this.reap = reap;
        this.resources = resources;
    }

    /**
     * Ends agent connection, VM, port-forward and daemons, in this order; returns when VM and
     * daemons are reaped, however long the kernel takes for that. Total; may be called again.
     *
     * @param graceful let QEMU quit by itself; else it is killed
     */
    public void stop(boolean graceful) {
        link.close();
        vm.stop(graceful ? QUIT_GRACE : Duration.ZERO);
        network.endProcesses();
        // It would wait for another VMM.
        vsockDaemon.ifPresent(daemon -> Reaping.killAndAwait(daemon, reap));
        // It ends by itself when QEMU is gone, and takes its own child with it. Killed, it would
        // leave the child to be found for some milliseconds.
        if (!Reaping.awaitExit(virtiofsd, LEAVE_LIMIT)) {
            Reaping.killAndAwait(virtiofsd, reap);
        }
    }

    /**
     * Gives back everything on the host. To be called once, after {@link #stop} and the containers'
     * release.
     */
    public void release() {
        resources.unwind((what, cause) -> LOG.warn("cannot undo", "what", what, "error", cause));
    }
}
