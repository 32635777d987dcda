package io.saya.config;

import java.nio.file.Path;

/**
 * A fault that an operator should mend, or a fact that an operator should know.
 *
 * @param severity whether a sandbox may be started all the same
 * @param source the file, or the annotation, that says what is wrong
 * @param text what is wrong, the value, what was expected and what to do; one line
 */
public record Problem(Severity severity, Source source, String text)
        implements Comparable<Problem> {

    public Problem {
        text = onOneLine(text);
    }

    /**
     * Returns text of a file as a message may show it: it must not reach a terminal or a log raw.
     */
    private static String onOneLine(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            clean.append(Character.isISOControl(c) ? '\uFFFD' : c);
        }
        return clean.toString();
    }

    /** The weight of a problem. */
    public enum Severity {
        /** No sandbox is started with it. */
        ERROR,
        /** Goes into the log; the sandbox starts. */
        WARNING
    }

    /** The place of the cause. */
    public sealed interface Source {
        /** A place in a configuration file or drop-in. */
        record InFile(Path file, Position position) implements Source {
            @Override
            public String toString() {
                return file + ":" + position.line() + ":" + position.column();
            }
        }

        /** No file says so: a built-in default does not suit this host. */
        record BuiltIn() implements Source {
            @Override
            public String toString() {
                return "built-in default";
            }
        }

        /** An annotation of the pod. */
        record Annotation(String name) implements Source {
            @Override
            public String toString() {
                return "annotation " + name;
            }
        }
    }

    /**
     * Orders problems by file, line and column, so that a report reads in the order of the file.
     */
    @Override
    public int compareTo(Problem other) {
        if (source instanceof Source.InFile mine && other.source instanceof Source.InFile theirs) {
            int byFile = mine.file().compareTo(theirs.file());
            return byFile != 0 ? byFile : mine.position().compareTo(theirs.position());
        }
        return Integer.compare(rank(source), rank(other.source));
    }

    private static int rank(Source source) {
        return switch (source) {
            case Source.InFile _ -> 0;
            case Source.BuiltIn _ -> 1;
            case Source.Annotation _ -> 2;
        };
    }

    /** {@code file:line:column: error: text}. */
    @Override
    public String toString() {
        return source + ": " + (severity == Severity.ERROR ? "error: " : "warning: ") + text;
    }
}
