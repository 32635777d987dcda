package io.saya.qemu.qmp;

/** A command was not carried out, or nobody knows whether it was. */
public final class QmpFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final boolean deviceNotFound;

    QmpFailure(Kind kind, String message) {
        this(kind, message, false);
    }

    QmpFailure(Kind kind, String message, boolean deviceNotFound) {
        super(message);
        this.kind = kind;
        this.deviceNotFound = deviceNotFound;
    }

    QmpFailure(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.deviceNotFound = cause instanceof QmpFailure refusal && refusal.deviceNotFound;
    }

    /** Returns what went wrong, and how much with it. */
    public Kind kind() {
        return kind;
    }

    /** True if QEMU refused because it has no such device ({@code DeviceNotFound}). */
    public boolean deviceNotFound() {
        return deviceNotFound;
    }

    /** What went wrong, and how much with it. */
    public enum Kind {
        /** QEMU answered with an error; the connection lives. */
        REFUSED,
        /** No answer in time; the command may still be carried out. The connection lives. */
        TIMED_OUT,
        /** The waiting thread was interrupted. The connection lives. */
        INTERRUPTED,
        /** Too many commands are waiting, so this one was not sent. The connection lives. */
        OVERLOADED,
        /** QEMU closed the connection, or we did. */
        DISCONNECTED,
        /** QEMU sent what is not QMP. The connection is closed. */
        PROTOCOL,
        /** QEMU told of more events than an honest guest causes. The connection is closed. */
        FLOOD
    }
}
