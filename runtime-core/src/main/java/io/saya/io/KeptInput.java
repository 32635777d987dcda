package io.saya.io;

import io.saya.host.HeldEnd;
import io.saya.log.Log;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What another daemon needs to go on with the input of a process when this one dies: that nothing
 * of it was on its way, and that whoever writes is not hung up on meanwhile. Of input that is not
 * kept ({@link #NOT}) nothing is counted. Thread safe, since what is read and what is given are
 * counted by one thread each.
 */
final class KeptInput {

    private static final Log LOG = Log.of("stdio");

    /** Of input that ends with its daemon. */
    static final KeptInput NOT = new KeptInput(null, null, HeldEnd.NONE);

    private final StreamPositions.@Nullable Slot slot;
    private final @Nullable StreamKeeping keeping;
    private volatile HeldEnd end;

    private KeptInput(
            StreamPositions.@Nullable Slot slot, @Nullable StreamKeeping keeping, HeldEnd end) {
        this.slot = slot;
        this.keeping = keeping;
        this.end = end;
    }

    /** Input that is kept. */
    static KeptInput of(StreamPositions.Slot slot, StreamKeeping keeping, HeldEnd end) {
        return new KeptInput(slot, keeping, end);
    }

    boolean isKept() {
        return slot != null;
    }

    /** What the guard holds; nothing if it could not be had, and then nobody can go on with it. */
    HeldEnd end() {
        return end;
    }

    /** Has the guard hold the FIFO, of which this process has the read end open. */
    void hold(OpenedFifo fifo) {
        if (keeping == null || end.isHeld()) {
            return;
        }
        try {
            end = keeping.hold(fifo, HeldEnd.Side.READ);
        } catch (IOException e) {
            LOG.warn("input would be lost with this daemon", "path", fifo.path(), "error", e);
        }
    }

    /** So many bytes were read; before the guest is given any of them. */
    void read(int bytes) {
        if (slot != null) {
            slot.stdinRead().add(bytes);
        }
    }

    /** So many bytes were taken by the guest. */
    void given(int bytes) {
        if (slot != null) {
            slot.stdinGiven().add(bytes);
        }
    }

    /** Its end was read. */
    void readAll() {
        if (slot != null) {
            slot.stdinRead().end();
        }
    }

    /** The guest takes no more of it, be it at its end or before. */
    void givenAll() {
        if (slot != null) {
            slot.stdinGiven().end();
        }
    }

    /** Has the guard close its end as well; blocks for its answer. */
    void release() {
        HeldEnd held = end;
        if (keeping != null && held.isHeld()) {
            end = HeldEnd.NONE;
            keeping.release(held);
        }
    }
}
