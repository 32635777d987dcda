package io.saya.shim.service;

/**
 * Decides how long the daemon lives. Calls return at once; what follows from them happens later.
 */
public interface TaskLifetime {

    /** A container is on its way: until {@link #creationEnded} the daemon is not idle. */
    void creationBegins();

    /** There is a container, or it could not be made. */
    void creationEnded();

    /** A container has gone, or could not be made: it may have been the last one. */
    void containersChanged();

    /**
     * Ends the daemon once the calls in progress are answered.
     *
     * @param reason for the log
     */
    void end(String reason);

    /**
     * Ends the daemon a moment later, for a caller who is to read its answer before the connection
     * closes.
     *
     * @param reason for the log
     */
    void endAnswered(String reason);
}
