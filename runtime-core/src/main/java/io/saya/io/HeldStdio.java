package io.saya.io;

import io.saya.host.HeldEnd;

/**
 * The streams of a process that another daemon goes on with.
 *
 * @param stdinOpen whether more of a stdin may come; true before the process was started
 * @param stdinClosed whether CloseIO came
 * @param stdinEnd what the guard holds of its FIFO
 * @param slot where how far the streams have come is counted ({@link StreamPositions}); {@link
 *     #UNCOUNTED} if it is not
 */
public record HeldStdio(
        HeldStream stdout,
        HeldStream stderr,
        boolean stdinOpen,
        boolean stdinClosed,
        HeldEnd stdinEnd,
        int slot) {

    /** The slot of streams that nobody could go on with if their daemon died. */
    public static final int UNCOUNTED = -1;

    /** Streams that are not counted. */
    public HeldStdio(HeldStream stdout, HeldStream stderr, boolean stdinOpen, boolean stdinClosed) {
        this(stdout, stderr, stdinOpen, stdinClosed, HeldEnd.NONE, UNCOUNTED);
    }

    /** True if the process was started, so that the streams have to be attached to it again. */
    public boolean attached() {
        return stdout.stage() != HeldStream.Stage.NEW;
    }

    /** True if how far they have come is counted. */
    public boolean counted() {
        return slot != UNCOUNTED;
    }
}
