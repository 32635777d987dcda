package io.saya.shim.service;

/**
 * Decides how long the daemon lives. Calls return at once; what follows from them happens later.
 */
public interface TaskLifetime {

    /** A container has gone, or could not be made: it may have been the last one. */
    void containersChanged();

    /**
     * Ends the daemon once the calls in progress are answered.
     *
     * @param reason for the log
     */
    void end(String reason);
}
