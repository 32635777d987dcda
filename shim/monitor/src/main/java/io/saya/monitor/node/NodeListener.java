package io.saya.monitor.node;

/**
 * Hears what comes and goes. Called by the watch's thread, one call after another; must not block.
 */
public interface NodeListener {
    /** A sandbox's run directory has gone after its guest had been up. */
    void ended(MonitoredSandbox sandbox);

    /** A sandbox's run directory has gone, and its guest was never up. */
    void startFailed(MonitoredSandbox sandbox);
}
