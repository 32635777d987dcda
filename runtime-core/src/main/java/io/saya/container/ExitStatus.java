package io.saya.container;

import io.saya.host.Signal;
import java.time.Instant;

/**
 * How a process in the guest ended.
 *
 * @param status exit code, or 128 + signal number; 0 to 255
 * @param at when the end became known on the host
 */
public record ExitStatus(int status, Instant at) {

    /** 128 + SIGKILL: ended because the sandbox was told to stop. */
    public static final int KILLED = Signal.EXIT_BASE + Signal.SIGKILL;

    /** Nobody knows: the VM or its agent went away first (containerd's own value for that case). */
    public static final int UNKNOWN = 255;

    /**
     * An exit that is noticed now. A status outside 0 to 255 (a hostile guest's) becomes {@link
     * #UNKNOWN}.
     */
    public static ExitStatus now(int status) {
        return of(status, Instant.now());
    }

    /** The same of an exit that was noticed before. */
    public static ExitStatus of(int status, Instant at) {
        return new ExitStatus(status < 0 || status > 255 ? UNKNOWN : status, at);
    }
}
