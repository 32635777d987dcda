package io.saya.agent;

import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcStatusException;
import java.util.List;

/**
 * What an agent means by an error, where its code alone does not say: the one table of agents and
 * texts (agent-proto/api/agents.md#errors). Nothing else looks into the text of an error.
 */
enum AgentError {

    /**
     * A read of output was given up, and this is not the end: what the process wrote, and the end,
     * come when it is read again. Answers a read that waits when the exit is noticed; {@link
     * AgentTrait#CLOSE_STDIN_CUTS_READ}.
     */
    READ_CUT_OFF,

    /** The end of output. */
    OUTPUT_ENDED,

    /**
     * The process, or its container, does not exist (any more); for calls on a process. Of others
     * the same codes may mean something else.
     */
    PROCESS_GONE,

    /** The agent does not have the method. */
    METHOD_UNKNOWN,

    /** The guest does not see a network card yet. */
    CARD_NOT_SEEN,

    /** The error means what its code says. */
    OTHER;

    /** The part of an error's text that is compared. */
    private enum Match {
        WHOLE,
        /** Agents put what they were about before the cause, and addresses behind it. */
        PART,
        /** The path of a method stands before it. */
        OF_METHOD
    }

    private record Row(AgentError meaning, StatusCode code, Match match, String text) {
        boolean fits(StatusCode said, String message) {
            return code == said
                    && switch (match) {
                        case WHOLE -> message.equals(text);
                        case PART -> message.contains(text);
                        case OF_METHOD -> message.startsWith("/grpc.") && message.endsWith(text);
                    };
        }
    }

    private static final List<Row> TABLE =
            List.of(
                    // Kata 2.1 to 3.26.
                    new Row(READ_CUT_OFF, StatusCode.INTERNAL, Match.WHOLE, "eof"),
                    new Row(OUTPUT_ENDED, StatusCode.INTERNAL, Match.WHOLE, "read meet eof"),
                    // Kata 2.0.
                    new Row(OUTPUT_ENDED, StatusCode.INTERNAL, Match.WHOLE, "read  meet eof"),
                    // Kata 2 and later, of a terminal whose last process has gone.
                    new Row(
                            OUTPUT_ENDED,
                            StatusCode.INTERNAL,
                            Match.WHOLE,
                            "Input/output error (os error 5)"),
                    // Kata 1.x.
                    new Row(OUTPUT_ENDED, StatusCode.UNKNOWN, Match.WHOLE, "EOF"),
                    new Row(
                            OUTPUT_ENDED,
                            StatusCode.UNKNOWN,
                            Match.WHOLE,
                            "read /dev/ptmx: input/output error"),
                    // Kata 2.
                    new Row(
                            METHOD_UNKNOWN,
                            StatusCode.INVALID_ARGUMENT,
                            Match.OF_METHOD,
                            " does not exist"),
                    // All; since 3.25 the codes of these two are NOT_FOUND and INVALID_ARGUMENT.
                    new Row(PROCESS_GONE, StatusCode.NOT_FOUND, Match.PART, ""),
                    new Row(PROCESS_GONE, StatusCode.INVALID_ARGUMENT, Match.PART, ""),
                    // Kata 2.0 to 3.24.
                    new Row(PROCESS_GONE, StatusCode.INTERNAL, Match.WHOLE, "Invalid container id"),
                    new Row(PROCESS_GONE, StatusCode.INTERNAL, Match.WHOLE, "Invalid exec id"),
                    new Row(
                            PROCESS_GONE,
                            StatusCode.INTERNAL,
                            Match.WHOLE,
                            "cannot find init process!"),
                    // The first releases of Kata 2; later ones take the signal without a word.
                    new Row(
                            PROCESS_GONE,
                            StatusCode.INTERNAL,
                            Match.PART,
                            "ESRCH: No such process"),
                    // All.
                    new Row(CARD_NOT_SEEN, StatusCode.INTERNAL, Match.PART, "Link not found"));

    /** Where a stack backtrace of the agent begins, with builds that send one along. */
    private static final String BACKTRACE = "\n\nStack backtrace:\n";

    /** Looks an error up. */
    static AgentError of(TtrpcStatusException e) {
        String message = withoutBacktrace(e.getMessage()).strip();
        for (Row row : TABLE) {
            if (row.fits(e.code(), message)) {
                return row.meaning;
            }
        }
        return OTHER;
    }

    /** Returns the text without the agent's own stack, which tells a reader nothing. */
    static String withoutBacktrace(String message) {
        int begin = message.indexOf(BACKTRACE);
        return begin < 0 ? message : message.substring(0, begin);
    }
}
