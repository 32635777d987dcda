package io.saya.io;

import io.saya.host.HeldEnd;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What another daemon needs to go on with one stream of output when this one dies: how much of it
 * is where it belongs, and that its FIFO stays open. Of a stream that is not kept ({@link #NOT})
 * nothing is counted, and nothing costs anything. Used as the sink is: by one thread at a time.
 */
final class KeptOutput {

    /** Of a stream that ends with its daemon. */
    static final KeptOutput NOT = new KeptOutput(null, null, HeldEnd.NONE, "");

    /**
     * What a FIFO takes whole or not at all (PIPE_BUF): more may be written in part when the daemon
     * is killed, and nobody would know how much.
     */
    private static final int WHOLE = 4 << 10;

    private final StreamPositions.@Nullable Counter counter;
    private final @Nullable StreamKeeping keeping;
    private final HeldEnd end;
    private final String obstacle;

    private KeptOutput(
            StreamPositions.@Nullable Counter counter,
            @Nullable StreamKeeping keeping,
            HeldEnd end,
            String obstacle) {
        this.counter = counter;
        this.keeping = keeping;
        this.end = end;
        this.obstacle = obstacle;
    }

    /** A stream that is kept, and goes on where the counter stands. */
    static KeptOutput of(StreamPositions.Counter counter, StreamKeeping keeping, HeldEnd end) {
        return new KeptOutput(counter, keeping, end, "");
    }

    /** A stream that only this daemon can serve. */
    static KeptOutput refused(String why) {
        return new KeptOutput(null, null, HeldEnd.NONE, why);
    }

    /** The same, once the guard holds the FIFO, of which this process has the write end open. */
    KeptOutput of(OpenedFifo fifo) {
        if (keeping == null || end.isHeld()) {
            return this;
        }
        try {
            return new KeptOutput(counter, keeping, keeping.hold(fifo, HeldEnd.Side.WRITE), "");
        } catch (IOException e) {
            return new KeptOutput(
                    counter,
                    keeping,
                    HeldEnd.NONE,
                    fifo.path() + " is not held: " + e.getMessage());
        }
    }

    boolean isKept() {
        return counter != null;
    }

    /** Why another daemon could not go on with it; empty if it could. */
    String obstacle() {
        return obstacle;
    }

    HeldEnd end() {
        return end;
    }

    /** How much is to be written at once, of what would be {@code most} otherwise. */
    int slice(int most) {
        return counter == null ? most : WHOLE;
    }

    /** So many bytes more are where they belong. */
    void written(int bytes) {
        if (counter != null) {
            counter.add(bytes);
        }
    }

    /** How many bytes are where they belong. */
    long written() {
        return counter == null ? 0 : counter.bytes();
    }

    /** What does not stand anywhere by now is lost, and nobody wants it any more. */
    void lost(long upTo) {
        if (counter != null) {
            counter.set(upTo);
        }
    }

    /** Nothing more will be written; before the FIFO is closed, so that nobody opens it again. */
    void ended() {
        if (counter != null) {
            counter.end();
        }
    }

    /** Has the guard close its end as well; blocks for its answer. */
    void release() {
        if (keeping != null) {
            keeping.release(end);
        }
    }
}
