package io.saya.agent;

import java.util.Optional;

/**
 * Says why a process cannot be started, as runc would. The default guest's agent uses runc's words,
 * since clients go by them: Docker exits with 127 or 126 by what it finds in the message, and
 * people know {@code exec: "x": executable file not found in $PATH}. Agents of Kata have words of
 * their own, which stay as they are.
 */
public final class StartError {
    private static final String BEGINNING = "unable to start container process: ";

    private StartError() {}

    /**
     * Returns the message for a container that cannot be created, if the guest's text says that.
     */
    public static Optional<String> ofContainer(String text) {
        return words(text).map(words -> "OCI runtime create failed: " + words);
    }

    /** Returns the message for an exec that cannot be started, if the guest's text says that. */
    public static Optional<String> ofExec(String text) {
        return words(text).map(words -> "OCI runtime exec failed: exec failed: " + words);
    }

    /** Cuts off what the call and the agent have put before the cause. */
    private static Optional<String> words(String text) {
        int begin = text.indexOf(BEGINNING);
        return begin < 0 ? Optional.empty() : Optional.of(text.substring(begin));
    }
}
