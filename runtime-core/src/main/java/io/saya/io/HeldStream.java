package io.saya.io;

import com.google.protobuf.ByteString;
import io.saya.host.HeldEnd;

/**
 * An output stream that another daemon goes on with.
 *
 * @param stage how far it has come
 * @param asked how many bytes the guest was asked for, where it is {@link Stage#READING}: the next
 *     daemon asks for as many, and so gets the answer to this question; 0 where it was not asked by
 *     anybody who still could be answered
 * @param position where that answer begins, counted from 1; 0 of a stream that is not read by
 *     position
 * @param done how many bytes the guest was told that nobody will ask for again
 * @param kept what was read and waits for the stream's first reader
 * @param end what the guard holds of its FIFO
 */
public record HeldStream(
        Stage stage, int asked, long position, long done, ByteString kept, HeldEnd end) {

    /** A stream that is not read by position. */
    public HeldStream(Stage stage, int asked, ByteString kept) {
        this(stage, asked, 0, 0, kept, HeldEnd.NONE);
    }

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
