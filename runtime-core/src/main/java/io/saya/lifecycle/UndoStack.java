package io.saya.lifecycle;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Undo steps of something that is being built, run backwards when it fails or when it is taken
 * down. A step that fails does not keep the others from running. One owner at a time; what there is
 * to undo may be asked by others meanwhile.
 */
public final class UndoStack {

    /** One step back. */
    @FunctionalInterface
    public interface Step {
        void undo() throws Exception;
    }

    /** Is told of a step that failed; must not throw. */
    @FunctionalInterface
    public interface FailureListener {
        void failed(String what, Throwable cause);
    }

    private record Named(String what, Step step) {}

    @GuardedBy("this")
    private final Deque<Named> steps = new ArrayDeque<>();

    private boolean failed;

    /** Remembers how to undo what was just done, or is about to be done in part. */
    public synchronized void push(String what, Step step) {
        steps.push(new Named(what, step));
    }

    /**
     * Undoes everything, latest first; failures go to the listener. Afterwards the stack is empty.
     */
    public void unwind(FailureListener listener) {
        for (Named named = last(); named != null; named = last()) {
            try {
                named.step().undo();
            } catch (Exception | Error e) {
                failed = true;
                listener.failed(named.what(), e);
            }
        }
    }

    /**
     * Undoes everything because of {@code cause}; failures ride along as suppressed and never
     * replace it.
     */
    public void unwind(Throwable cause) {
        unwind((what, failure) -> cause.addSuppressed(failure));
    }

    private synchronized @Nullable Named last() {
        return steps.poll();
    }

    /** What there is to undo, earliest first. */
    public synchronized List<String> names() {
        List<String> names = new ArrayList<>();
        for (Named named : steps) {
            names.addFirst(named.what());
        }
        return names;
    }

    /** True if a step that was undone so far has failed; for the steps after it. */
    public boolean failed() {
        return failed;
    }
}
