package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;

/**
 * The standard streams of one process in the guest, as the agent offers them. Each method is called
 * by one (virtual) thread at a time, different methods by different threads at once; all block.
 */
public interface GuestStreams extends AutoCloseable {

    /**
     * Waits for output of the process, without limit.
     *
     * @param max the most bytes wanted, 1 to {@value ProcessStdio#MAX_READ}
     * @return 1 to {@code max} bytes, or none at the end of the stream. Not copied and not changed
     *     by anyone afterwards
     * @throws IOException the stream is lost; taken as its end
     */
    ByteString readStdout(int max) throws IOException;

    /**
     * True if it keeps output that is read by position until it is done with, so that another
     * daemon can read it again.
     */
    default boolean keepsOutput() {
        return false;
    }

    /**
     * Waits for output as {@link #readStdout(int)}, of a guest that keeps it.
     *
     * @param position where the answer begins, counted from 1
     * @param done how many bytes nobody will ask for again; less than {@code position}
     */
    default ByteString readStdout(int max, long position, long done) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Reads standard error as {@link #readStdout(int, long, long)} reads standard output. */
    default ByteString readStderr(int max, long position, long done) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads standard error as {@link #readStdout} reads standard output. Never called for a process
     * with a terminal.
     */
    ByteString readStderr(int max) throws IOException;

    /**
     * Hands input to the process; returns when the guest has taken all of it, which takes as long
     * as the process pleases.
     *
     * @param data 1 to {@value ProcessStdio#MAX_WRITE} bytes
     * @throws IOException nobody reads any more; no further input is sent
     */
    void writeStdin(ByteString data) throws IOException;

    /**
     * Lets the process read an end of file. Called at most once, after all input. Never called for
     * a process with a terminal: some agents would take the terminal away.
     */
    void closeStdin() throws IOException;

    /**
     * Called exactly once, when nothing more is wanted. Calls of the other methods that are under
     * way return soon, by failing where they cannot finish. Does not block.
     */
    @Override
    void close();
}
