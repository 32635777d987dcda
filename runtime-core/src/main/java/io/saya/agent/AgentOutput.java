package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One output stream of a process, read to its last byte whatever the release of the agent calls the
 * end. Read by one thread at a time; {@link #close} may come from any.
 */
final class AgentOutput {

    /**
     * How long reads may wait in all for what an exited process has left in its pipe, without the
     * time that a slow reader takes. What holds the pipe open longer is another process, which the
     * exit does not wait for. Kata's agents since 3.27 give it half a second themselves.
     */
    static final Duration LEFT_OVER_LIMIT = Duration.ofSeconds(2);

    /** How often one stream may be cut off: no agent does it as often, a hostile one might. */
    private static final int CUTS = 8;

    /** Between two reads of an agent that does not wait for output. */
    private static final Duration EMPTY_PAUSE = Duration.ofMillis(20);

    /** Reads that bring less are paced. */
    private static final int SMALL = 16 << 10;

    /**
     * Small reads of a guest in one go, and a second in the long run. On a busy host each is up to
     * a thousandth of a processor's second: 2 %, as all that a guest causes.
     */
    private static final int SMALL_BURST = 2000;

    private static final int SMALL_PER_SECOND = 20;

    /** However many streams a guest has, none waits longer, since people look at some of them. */
    private static final Duration LONGEST_REST = Duration.ofMillis(250);

    /**
     * Of connections to ports of the guest, which clients on the host make and which ask and answer
     * in small pieces.
     */
    private static final int PORT_PER_SECOND = 50;

    /** The pace of small reads of one guest. */
    static Pace pace() {
        return new Pace(SMALL_BURST, SMALL_PER_SECOND);
    }

    /** The same, of all connections to its ports. */
    static Pace portPace() {
        return new Pace(SMALL_BURST, PORT_PER_SECOND);
    }

    /** Asks for at most so many bytes. */
    @FunctionalInterface
    interface Reads {
        /**
         * Asks.
         *
         * @param position where the answer begins, counted from 1; 0: behind the last one
         * @param done how many bytes nobody will ask for again
         */
        CompletableFuture<ReadStreamResponse> read(int max, long position, long done);
    }

    private final String name;
    private final Reads reads;
    private final ExitSigns signs;
    private final Pace smallReads;
    private final boolean watchesExit;
    private final boolean emptyIsEnd;
    private long leftOverNanos = LEFT_OVER_LIMIT.toNanos();
    private int cuts;
    private volatile @Nullable CompletableFuture<ReadStreamResponse> underWay;
    private volatile boolean closed;

    /**
     * @param name for messages, e.g. {@code ReadStdout of e1 in container c1}
     * @param signs of the process's exit, shared by its streams
     * @param smallReads shared by all streams of a guest ({@link #pace})
     */
    AgentOutput(
            String name, Reads reads, ExitSigns signs, Set<AgentTrait> traits, Pace smallReads) {
        this.name = name;
        this.reads = reads;
        this.signs = signs;
        this.smallReads = smallReads;
        this.watchesExit = traits.contains(AgentTrait.STREAMS_END_WITH_WAIT);
        this.emptyIsEnd = !traits.contains(AgentTrait.EMPTY_READ_IS_NOT_THE_END);
    }

    /**
     * Waits for output.
     *
     * @return 1 to {@code max} bytes, or none at the end
     */
    ByteString read(int max) throws IOException {
        return read(max, 0, 0);
    }

    /**
     * Waits for output as {@link #read(int)}, of an agent that keeps it.
     *
     * @param position where the answer begins, counted from 1; 0: behind the last one
     * @param done how many bytes nobody will ask for again
     */
    ByteString read(int max, long position, long done) throws IOException {
        while (true) {
            long askedAt = System.nanoTime();
            switch (await(reads.read(max, position, done))) {
                case Waited.Done(ReadStreamResponse response) -> {
                    ByteString data = checked(response, max);
                    if (!data.isEmpty() || emptyIsEnd) {
                        restAfter(data.size());
                        return data;
                    }
                    LockSupport.parkNanos(EMPTY_PAUSE.toNanos());
                }
                case Waited.TimedOut() -> {
                    return ByteString.EMPTY;
                }
                case Waited.Failed(CancellationException e) ->
                        throw new IOException(name + ": given up", e);
                case Waited.Failed(Throwable cause) -> {
                    switch (meaning(cause)) {
                        case OUTPUT_ENDED, PROCESS_GONE -> {
                            return ByteString.EMPTY;
                        }
                        case READ_CUT_OFF -> {
                            signs.readCutOff(askedAt);
                            if (++cuts > CUTS) {
                                throw new IOException(
                                        name + ": cut off " + cuts + " times by the agent", cause);
                            }
                        }
                        case CARD_NOT_SEEN, METHOD_UNKNOWN, OTHER ->
                                throw new IOException(name + ": " + why(cause), cause);
                    }
                }
                case Waited.Interrupted() -> throw new IOException("interrupted in " + name);
            }
        }
    }

    /**
     * A read costs the host about the same however little it brings. So small ones have a pace, and
     * what a program writes meanwhile gathers in the guest.
     */
    private void restAfter(int bytes) {
        if (bytes < SMALL && bytes > 0) {
            Duration rest = smallReads.spend(1);
            if (rest.isPositive()) {
                LockSupport.parkNanos(Math.min(rest.toNanos(), LONGEST_REST.toNanos()));
            }
        }
    }

    private Waited<ReadStreamResponse> await(CompletableFuture<ReadStreamResponse> call) {
        underWay = call;
        try {
            if (closed) {
                call.cancel(false);
            }
            return watchesExit ? awaitUnlessExited(call) : Waited.on(call);
        } finally {
            underWay = null;
        }
    }

    /**
     * Waits for an answer: without a limit until the exit of the process is known, then until the
     * limit is used up.
     */
    private Waited<ReadStreamResponse> awaitUnlessExited(
            CompletableFuture<ReadStreamResponse> call) {
        if (Waited.on(CompletableFuture.anyOf(call, signs.exited()))
                instanceof Waited.Interrupted) {
            return new Waited.Interrupted<>();
        }
        long begun = System.nanoTime();
        Waited<ReadStreamResponse> answer =
                Waited.on(call, Duration.ofNanos(Math.max(0, leftOverNanos)));
        if (answer instanceof Waited.TimedOut) {
            call.cancel(false);
        }
        leftOverNanos -= System.nanoTime() - begun;
        return answer;
    }

    private static ByteString checked(ReadStreamResponse response, int max) throws IOException {
        if (response.getData().size() > max) {
            throw new IOException(
                    "the agent sends "
                            + response.getData().size()
                            + " bytes (expected: at most "
                            + max
                            + ")");
        }
        return response.getData();
    }

    private static AgentError meaning(Throwable cause) {
        return cause instanceof TtrpcStatusException status
                ? AgentError.of(status)
                : AgentError.OTHER;
    }

    /** Returns in words why a call failed, for messages. */
    static String why(@Nullable Throwable cause) {
        return cause instanceof TtrpcException failure
                ? AgentCall.words(failure).toString()
                : String.valueOf(cause);
    }

    /** Frees a read that is under way. */
    void close() {
        closed = true;
        CompletableFuture<ReadStreamResponse> call = underWay;
        if (call != null) {
            call.cancel(false);
        }
    }
}
