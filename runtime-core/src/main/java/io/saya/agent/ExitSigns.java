package io.saya.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What reads that were cut off tell of one process's exit, with agents that cut reads off ({@link
 * AgentError#READ_CUT_OFF}): they do so at the exit, some also once at CloseStdin, in the same
 * words. One that comes about when a CloseStdin was answered is taken for the latter's: then the
 * process may live on for ever, and so may its output. Thread safe.
 */
final class ExitSigns {

    /**
     * How long after both the answer to CloseStdin and the request for output a read may be cut off
     * on CloseStdin's behalf: the agent has then long known of all three.
     */
    static final Duration CLOSE_STDIN_LIMIT = Duration.ofSeconds(2);

    private final CompletableFuture<Void> exited = new CompletableFuture<>();

    private final boolean closeStdinCuts;

    @GuardedBy("this")
    private boolean closeStdinWillCut;

    @GuardedBy("this")
    private boolean closeStdinAnswered;

    /** As {@link System#nanoTime}. */
    @GuardedBy("this")
    private long closeStdinAnsweredAt;

    ExitSigns(Set<AgentTrait> traits) {
        this.closeStdinCuts = traits.contains(AgentTrait.CLOSE_STDIN_CUTS_READ);
    }

    /** Notes that CloseStdin is asked for. To be called before the request is sent. */
    synchronized void closeStdinSent() {
        closeStdinWillCut = closeStdinCuts;
    }

    synchronized void closeStdinAnswered() {
        closeStdinAnswered = true;
        closeStdinAnsweredAt = System.nanoTime();
    }

    /**
     * Notes that a read was cut off.
     *
     * @param askedAt when it was asked for, as {@link System#nanoTime}
     */
    synchronized void readCutOff(long askedAt) {
        if (closeStdinWillCut && isCloseStdins(askedAt)) {
            // It cuts off one read, of whichever stream.
            closeStdinWillCut = false;
        } else {
            exited.complete(null);
        }
    }

    private synchronized boolean isCloseStdins(long askedAt) {
        if (!closeStdinAnswered) {
            return true;
        }
        long later = askedAt - closeStdinAnsweredAt > 0 ? askedAt : closeStdinAnsweredAt;
        return System.nanoTime() - later < CLOSE_STDIN_LIMIT.toNanos();
    }

    /** Done when the process has exited. Not all agents give a sign of it. */
    CompletableFuture<Void> exited() {
        return exited;
    }
}
