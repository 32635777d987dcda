package io.saya.lifecycle;

import io.saya.log.Log;
import java.io.IOException;
import java.time.Duration;

/**
 * What a thread does again and again for as long as something lives, and must not leave off because
 * of a fault that nobody has thought of: nobody would begin it again. A turn that fails is logged,
 * the first of several in a row, and after a pause, which grows, comes the next.
 */
public final class SupervisedLoop {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** One turn. */
    @FunctionalInterface
    public interface Turn {
        /**
         * Waits for something to do and does it.
         *
         * @return false if there will be nothing more to do
         */
        boolean take() throws IOException, InterruptedException;
    }

    private SupervisedLoop() {}

    /**
     * Takes turns until one says that it was the last, or the thread is interrupted, which it still
     * is afterwards. Whatever else a turn throws does not end it, errors of the JVM's such as a
     * stack that is too deep among them.
     *
     * @param undone for the log: what is not done while turns fail
     */
    public static void run(Log log, String undone, Turn turn) {
        boolean _ = Waited.untilInterrupted(() -> takeAll(log, undone, turn));
    }

    private static void takeAll(Log log, String undone, Turn turn) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        boolean told = false;
        while (true) {
            try {
                if (!turn.take()) {
                    return;
                }
                pause = FIRST_PAUSE;
                told = false;
                continue;
            } catch (IOException | RuntimeException | Error e) {
                if (!told) {
                    log.warn(undone, "thread", Thread.currentThread().getName(), "error", e);
                }
                told = true;
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2);
            if (pause.compareTo(LONGEST_PAUSE) > 0) {
                pause = LONGEST_PAUSE;
            }
        }
    }
}
