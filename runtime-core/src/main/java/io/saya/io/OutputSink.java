package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Where one output stream goes. Used by one thread, in the order {@link #begin}, {@link #write}
 * repeatedly, {@link #finish}; {@link #close} may come from any thread at any time, also again.
 */
interface OutputSink extends AutoCloseable {

    /** Largest chunk that is written without a thread of its own where that cannot block. */
    int DIRECT_BYTES = 32 << 10;

    /** Prepares the sink; called when all streams of the process are open. Does not block. */
    default void begin() {}

    /**
     * Takes a chunk. Blocks while an earlier one is on its way; this one may still be when it
     * returns.
     *
     * @throws IOException the stream is lost, or closed
     */
    void write(ByteString chunk) throws IOException;

    /**
     * Waits until all that was written is handed over, then closes.
     *
     * @param written run when all is where a client reads it, and nothing is left to be done here
     *     but to wait for the client
     * @param clientAway run when the wait turns out to be for a client that was there and has gone
     *     away before it read everything
     * @throws IOException something was not handed over
     */
    void finish(Runnable written, Runnable clientAway) throws IOException;

    /** How far it has come, for another daemon. */
    default KeptOutput output() {
        return KeptOutput.NOT;
    }

    /**
     * Writes nothing from now on until {@link #release}, for another daemon to go on. Does not
     * block.
     *
     * @return what has been taken and not written; null, and nothing has changed, while something
     *     is being written
     * @throws io.saya.failure.RuntimeFailure FAILED_PRECONDITION if only this daemon can serve it
     */
    @Nullable ByteString hold();

    /** Goes on after {@link #hold}. */
    void release();

    /** Closes at once and frees whatever is stuck; what was not handed over is lost. */
    @Override
    void close();
}
