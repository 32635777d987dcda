package io.saya.agent;

import java.util.List;

/** What tests of other packages look for in the messages that an agent is sent. */
public final class SentMessages {

    private SentMessages() {}

    /** The program of a container's first process; empty if it names none. */
    public static String program(GuestSpec spec) {
        return first(spec.message().getProcess().getArgsList());
    }

    /** The program of an exec; empty if it names none. */
    public static String program(GuestProcess process) {
        return first(process.message().getArgsList());
    }

    private static String first(List<String> arguments) {
        return arguments.isEmpty() ? "" : arguments.getFirst();
    }
}
