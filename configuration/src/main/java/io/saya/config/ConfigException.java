package io.saya.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The configuration cannot be used. Carries every problem that was found, warnings included, in the
 * order of the files; the message holds them all, one a line.
 */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Not serialized: a problem names files of this host. */
    private final transient List<Problem> problems;

    /**
     * @param problems at least one of them an error
     */
    public ConfigException(List<Problem> problems) {
        super(message(problems));
        this.problems = sorted(problems);
    }

    /** The problems that were found, errors and warnings. */
    public List<Problem> problems() {
        return problems;
    }

    private static List<Problem> sorted(List<Problem> problems) {
        List<Problem> inOrder = new ArrayList<>(problems);
        Collections.sort(inOrder);
        return List.copyOf(inOrder);
    }

    private static String message(List<Problem> problems) {
        StringBuilder lines = new StringBuilder("the configuration cannot be used:");
        for (Problem problem : sorted(problems)) {
            if (problem.severity() == Problem.Severity.ERROR) {
                lines.append('\n').append(problem);
            }
        }
        return lines.toString();
    }
}
