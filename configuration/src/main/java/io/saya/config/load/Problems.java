package io.saya.config.load;

import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.option.Option;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong, so that all of it can be told at once. */
public final class Problems {

    /** A file that is no configuration at all would otherwise give thousands. */
    private static final int MAX = 100;

    private final List<Problem> found = new ArrayList<>();
    private final Set<Option<?>> broken = new HashSet<>();
    private int errors;
    private boolean unsure;

    /** Something that no sandbox is started with. */
    public void error(Problem.Source source, String text) {
        add(new Problem(Problem.Severity.ERROR, source, text));
    }

    /** Something that an operator should know. */
    public void warning(Problem.Source source, String text) {
        add(new Problem(Problem.Severity.WARNING, source, text));
    }

    void add(Problem problem) {
        if (problem.severity() == Problem.Severity.ERROR) {
            errors++;
        }
        if (found.size() < MAX) {
            found.add(problem);
        } else if (found.size() == MAX) {
            found.add(
                    new Problem(
                            problem.severity(),
                            problem.source(),
                            "there are more problems than these " + MAX));
        }
    }

    /** Makes an empty collection that knows which values are wrong already. */
    Problems sameBroken() {
        Problems other = new Problems();
        other.broken.addAll(broken);
        return other;
    }

    /** Remembers that an option's value is not to be judged further. */
    public void markBroken(Option<?> option) {
        broken.add(option);
    }

    /** True if something was wrong with the value itself. */
    public boolean isBroken(Option<?> option) {
        return broken.contains(option);
    }

    /** Remembers that a file could not be read to its end: what is missing may be said there. */
    public void markUnsure() {
        unsure = true;
    }

    /** True if more may have been said than was understood. */
    public boolean isUnsure() {
        return unsure;
    }

    /** Everything found, in the order of the files. */
    public List<Problem> sorted() {
        List<Problem> inOrder = new ArrayList<>(found);
        Collections.sort(inOrder);
        return List.copyOf(inOrder);
    }

    /** True if a sandbox may not be started. */
    public boolean hasErrors() {
        return errors > 0;
    }

    /**
     * Ends a check.
     *
     * @throws ConfigException with everything found, if any of it is an error
     */
    public void throwErrors() throws ConfigException {
        if (hasErrors()) {
            throw new ConfigException(found);
        }
    }
}
