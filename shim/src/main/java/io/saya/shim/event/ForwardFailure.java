package io.saya.shim.event;

import org.jspecify.annotations.Nullable;

/** An event was not delivered. */
final class ForwardFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean refused;

    private ForwardFailure(boolean refused, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.refused = refused;
    }

    /** containerd is not there, for now. */
    static ForwardFailure away(String message, @Nullable Throwable cause) {
        return new ForwardFailure(false, message, cause);
    }

    /** containerd answered, and did not take this event. */
    static ForwardFailure refused(String message, @Nullable Throwable cause) {
        return new ForwardFailure(true, message, cause);
    }

    /** True if containerd refused this event; false if containerd was away. */
    boolean isRefusal() {
        return refused;
    }
}
