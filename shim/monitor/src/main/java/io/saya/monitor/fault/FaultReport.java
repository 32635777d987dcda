package io.saya.monitor.fault;

/**
 * Tells on stderr, where the service's journal takes it, of a fault in a thread that goes on all
 * the same: the first of several in a row. Not thread safe.
 */
public final class FaultReport {
    private final String undone;
    private boolean told;

    /**
     * @param undone what is not done while faults last
     */
    public FaultReport(String undone) {
        this.undone = undone;
    }

    /** What was to be done has failed in a way that nobody has thought of. */
    public void failed(Throwable fault) {
        if (!told) {
            System.err.println("saya monitor: " + undone + ": " + fault);
        }
        told = true;
    }

    /** It was done. */
    public void done() {
        told = false;
    }
}
