package io.saya.io;

import com.google.protobuf.ByteString;

/**
 * An output stream that another daemon goes on with.
 *
 * @param stage how far it has come
 * @param asked how many bytes the guest was asked for, where it is {@link Stage#READING}: the next
 *     daemon asks for as many, and so gets the answer to this question
 * @param kept what was read and waits for the stream's first reader
 */
public record HeldStream(Stage stage, int asked, ByteString kept) {

    /** How far a stream has come. */
    public enum Stage {
        /** Its process has not been started. */
        NEW,
        /** The guest was asked for output and has not answered. */
        READING,
        /** All output was read; what of it a FIFO holds waits for its reader. */
        FINISHING,
        /** It is closed. */
        ENDED
    }

    /** A stream that has not begun, or that there is none of. */
    static final HeldStream FRESH = new HeldStream(Stage.NEW, 0, ByteString.EMPTY);
}
