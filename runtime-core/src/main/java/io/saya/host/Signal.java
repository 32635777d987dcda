package io.saya.host;

/** The numbers of Linux's signals that this program sends or looks for (signal(7)). */
public final class Signal {

    /** No signal: kill(2) with it asks whether the process is there, as CRI-O does by Kill. */
    public static final int NONE = 0;

    public static final int SIGKILL = 9;

    public static final int SIGTERM = 15;

    /** The last of the real-time signals; what is sent begins with 1. */
    public static final int HIGHEST = 64;

    /**
     * What is added to a signal's number for the exit status of a process that it has ended: as
     * shells and container managers tell it.
     */
    public static final int EXIT_BASE = 128;

    private Signal() {}
}
