package io.saya.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.lifecycle.Patience;
import io.saya.lifecycle.Waited;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.UnaryClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a guest by way of a vsock daemon, again and again until somebody in the guest takes a
 * connection. The daemon hangs up on an attempt that came too early, and the next one follows at
 * once. But an attempt may also be lost without a word, while the guest's driver comes up; and on a
 * busy host an answer may take long, and must find its attempt still there: a daemon that cannot
 * write it may serve nobody any more. So an attempt that is silent is kept, and further ones are
 * made beside it, ever more rarely. The first that is answered counts. To be used once.
 */
final class DaemonDial {

    /** After the daemon hung up. */
    static final Duration RETRY = Duration.ofMillis(20);

    /** How long an attempt is silent before another one is made beside it; then twice as long. */
    static final Duration FIRST_SILENCE = Duration.ofMillis(250);

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(8);

    /** Silent attempts at once: the last of them is made some 20 s after the first. */
    static final int AT_ONCE = 8;

    /** Between two questions whether to go on. */
    private static final Duration GLANCE = Duration.ofSeconds(1);

    /** One attempt. */
    @FunctionalInterface
    interface Attempt {
        /** Waits for as long as it takes; an interrupt gives it up. */
        UnaryClient connect() throws ConnectionFailure, InterruptedException;
    }

    /** What came of an attempt: one of the three. */
    private record Outcome(
            @Nullable UnaryClient client,
            @Nullable ConnectionFailure failure,
            @Nullable RuntimeException fault) {}

    private final Attempt attempt;
    private final Duration firstSilence;
    private final BlockingQueue<Outcome> outcomes = new ArrayBlockingQueue<>(AT_ONCE);

    /** Those that are under way. */
    @GuardedBy("this")
    private final List<Thread> threads = new ArrayList<>();

    @GuardedBy("this")
    private boolean over;

    private int made;
    private int waiting;
    private @Nullable ConnectionFailure last;

    DaemonDial(Attempt attempt) {
        this(attempt, FIRST_SILENCE);
    }

    /** With another time until the second attempt. */
    DaemonDial(Attempt attempt, Duration firstSilence) {
        this.attempt = attempt;
        this.firstSilence = firstSilence;
    }

    /**
     * Connects.
     *
     * @throws ConnectionFailure when {@code patience} is exhausted, with how many attempts there
     *     were and what came of the last that was answered
     */
    UnaryClient dial(Patience patience) throws ConnectionFailure, InterruptedException {
        Duration silence = firstSilence;
        try {
            begin();
            while (true) {
                Outcome outcome = await(silence, patience);
                if (outcome == null) {
                    if (patience.exhausted()) {
                        throw failure();
                    }
                    if (waiting < AT_ONCE) {
                        begin();
                    }
                    silence = longer(silence);
                    continue;
                }
                waiting--;
                if (outcome.client() != null) {
                    return outcome.client();
                }
                if (outcome.fault() != null) {
                    throw outcome.fault();
                }
                last = outcome.failure();
                if (patience.exhausted()) {
                    throw failure();
                }
                // Somebody is there who answers: what comes next is answered as well.
                silence = firstSilence;
                TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
                begin();
            }
        } finally {
            end();
        }
    }

    /** The next outcome; null if there is none for so long, or the patience is exhausted. */
    private @Nullable Outcome await(Duration silence, Patience patience)
            throws InterruptedException {
        long end = System.nanoTime() + silence.toNanos();
        while (true) {
            long left = Math.min(end - System.nanoTime(), GLANCE.toNanos());
            Outcome outcome = outcomes.poll(left, TimeUnit.NANOSECONDS);
            if (outcome != null || left <= 0 || patience.exhausted()) {
                return outcome;
            }
        }
    }

    private static Duration longer(Duration silence) {
        Duration twice = silence.multipliedBy(2);
        return twice.compareTo(LONGEST_SILENCE) < 0 ? twice : LONGEST_SILENCE;
    }

    private synchronized void begin() {
        made++;
        waiting++;
        Thread thread = Thread.ofVirtual().name("dial-" + made).unstarted(this::attempt);
        threads.add(thread);
        thread.start();
    }

    private void attempt() {
        // An interrupt comes from the end, when nobody waits for an outcome.
        Waited.untilInterrupted(
                () -> {
                    try {
                        tell(new Outcome(attempt.connect(), null, null));
                    } catch (ConnectionFailure e) {
                        tell(new Outcome(null, e, null));
                    } catch (RuntimeException e) {
                        tell(new Outcome(null, null, e));
                    }
                });
    }

    /** A connection that comes too late is closed: it was answered, so that is harmless. */
    private synchronized void tell(Outcome outcome) {
        threads.remove(Thread.currentThread());
        if (over) {
            close(outcome);
        } else {
            outcomes.add(outcome);
        }
    }

    private synchronized void end() {
        over = true;
        List<Outcome> late = new ArrayList<>();
        outcomes.drainTo(late);
        late.forEach(DaemonDial::close);
        threads.forEach(Thread::interrupt);
    }

    private static void close(Outcome outcome) {
        if (outcome.client() != null) {
            outcome.client().close();
        }
    }

    private ConnectionFailure failure() {
        return new ConnectionFailure(
                (last == null ? "no answer to CONNECT" : last.getMessage())
                        + " ("
                        + made
                        + " attempts, "
                        + waiting
                        + " of them without an answer)",
                last);
    }
}
