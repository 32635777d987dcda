package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One output stream of a process, read to its last byte whatever the release of the agent calls the
 * end. Read by one thread at a time; {@link #close} may come from any.
 */
final class AgentOutput {

    /**
     * How long is waited in all for what an exited process has left in its pipe, the time that a
     * slow reader takes not counted. What holds the pipe open longer is another process, which the
     * exit does not wait for. Kata's agents since 3.27 give it half a second themselves.
     */
    static final Duration LEFT_OVER_LIMIT = Duration.ofSeconds(2);

    /** How often one stream may be cut off: no agent does it as often, a hostile one might. */
    private static final int CUTS = 8;

    /** Between two reads of an agent that does not wait for output. */
    private static final Duration EMPTY_PAUSE = Duration.ofMillis(20);

    /** Asks for at most so many bytes. */
    @FunctionalInterface
    interface Reads {
        CompletableFuture<ReadStreamResponse> read(int max);
    }

    private final String name;
    private final Reads reads;
    private final ExitSigns signs;
    private final boolean watchesExit;
    private final boolean emptyIsEnd;
    private long leftOverNanos = LEFT_OVER_LIMIT.toNanos();
    private int cuts;
    private volatile @Nullable CompletableFuture<ReadStreamResponse> underWay;
    private volatile boolean closed;

    /**
     * @param name for messages, e.g. {@code ReadStdout of e1 in container c1}
     * @param signs of the process's exit, shared by its streams
     */
    AgentOutput(String name, Reads reads, ExitSigns signs, Set<AgentTrait> traits) {
        this.name = name;
        this.reads = reads;
        this.signs = signs;
        this.watchesExit = traits.contains(AgentTrait.STREAMS_END_WITH_WAIT);
        this.emptyIsEnd = !traits.contains(AgentTrait.EMPTY_READ_IS_NOT_THE_END);
    }

    /**
     * Waits for output.
     *
     * @return 1 to {@code max} bytes, or none at the end
     */
    ByteString read(int max) throws IOException {
        while (true) {
            long askedAt = System.nanoTime();
            try {
                ByteString data = checked(await(reads.read(max)), max);
                if (!data.isEmpty() || emptyIsEnd) {
                    return data;
                }
                LockSupport.parkNanos(EMPTY_PAUSE.toNanos());
            } catch (TimeoutException e) {
                return ByteString.EMPTY;
            } catch (ExecutionException e) {
                switch (meaning(e)) {
                    case OUTPUT_ENDED, PROCESS_GONE -> {
                        return ByteString.EMPTY;
                    }
                    case READ_CUT_OFF -> {
                        signs.readCutOff(askedAt);
                        if (++cuts > CUTS) {
                            throw new IOException(
                                    name + ": cut off " + cuts + " times by the agent", e);
                        }
                    }
                    case CARD_NOT_SEEN, OTHER ->
                            throw new IOException(name + ": " + why(e.getCause()), e);
                }
            }
        }
    }

    private ReadStreamResponse await(CompletableFuture<ReadStreamResponse> call)
            throws IOException, ExecutionException, TimeoutException {
        underWay = call;
        try {
            if (closed) {
                call.cancel(false);
            }
            return watchesExit ? awaitUnlessExited(call) : call.get();
        } catch (CancellationException e) {
            throw new IOException(name + ": given up", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + name, e);
        } finally {
            underWay = null;
        }
    }

    /** Without a limit until the exit is known, then as long as the limit is not used up. */
    private ReadStreamResponse awaitUnlessExited(CompletableFuture<ReadStreamResponse> call)
            throws ExecutionException, InterruptedException, TimeoutException {
        try {
            CompletableFuture.anyOf(call, signs.exited()).get();
        } catch (ExecutionException e) {
            // The call's: it throws its own below.
        }
        long begun = System.nanoTime();
        try {
            return call.get(Math.max(0, leftOverNanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            call.cancel(false);
            throw e;
        } finally {
            leftOverNanos -= System.nanoTime() - begun;
        }
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

    private static AgentError meaning(ExecutionException e) {
        return e.getCause() instanceof TtrpcStatusException status
                ? AgentError.of(status)
                : AgentError.OTHER;
    }

    /** For messages: why a call failed. */
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
