package io.saya.io;

/**
 * The streams of a process that another daemon goes on with.
 *
 * @param stdinOpen whether more of a stdin may come; true before the process was started
 * @param stdinClosed whether CloseIO came
 */
public record HeldStdio(
        HeldStream stdout, HeldStream stderr, boolean stdinOpen, boolean stdinClosed) {

    /** True if the process was started, so that the streams have to be attached to it again. */
    public boolean attached() {
        return stdout.stage() != HeldStream.Stage.NEW;
    }
}
