package io.saya.hypervisor;

import org.jspecify.annotations.Nullable;

/**
 * The VMM could not do what was asked. The message names the phase, the thing, the cause and what
 * to do.
 */
public final class HypervisorFailure extends Exception {
    private static final long serialVersionUID = 1L;

    public HypervisorFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public HypervisorFailure(String message) {
        super(message);
    }
}
