package io.saya.shim.metrics;

import io.saya.container.ExitStatus;
import io.saya.guest.StopCause;
import java.util.Optional;

/** Why a process ended, as far as its status and the sandbox's fate tell. */
enum EndCause {
    ZERO("zero"),
    NONZERO("nonzero"),
    SIGNAL("signal"),
    OUT_OF_MEMORY("out_of_memory"),
    VM_LOST("vm_lost"),
    AGENT_LOST("agent_lost"),
    SHARE_LOST("share_lost"),
    BOOT_FAILED("boot_failed");

    /** A status above it is a signal's. */
    private static final int SIGNAL_BASE = 128;

    private final String word;

    EndCause(String word) {
        this.word = word;
    }

    /** The value of the label {@code cause}. */
    String word() {
        return word;
    }

    /**
     * The cause of an end that became public.
     *
     * @param outOfMemory whether its container ran out of memory before
     * @param stop why the sandbox stops, if it does
     */
    static EndCause of(int status, boolean outOfMemory, Optional<StopCause> stop) {
        if (outOfMemory && status == ExitStatus.KILLED) {
            return OUT_OF_MEMORY;
        }
        if (status == ExitStatus.UNKNOWN && stop.isPresent()) {
            // The status that everyone gets whose own end nobody has seen.
            return switch (stop.get()) {
                case StopCause.VmLost _ -> VM_LOST;
                case StopCause.AgentLost _ -> AGENT_LOST;
                case StopCause.ShareLost _ -> SHARE_LOST;
                case StopCause.BootFailed _, StopCause.StartFailed _ -> BOOT_FAILED;
                case StopCause.Requested(), StopCause.ContainerExited _, StopCause.OutOfMemory _ ->
                        NONZERO;
            };
        }
        if (status > SIGNAL_BASE && status != ExitStatus.UNKNOWN) {
            return SIGNAL;
        }
        return status == 0 ? ZERO : NONZERO;
    }
}
