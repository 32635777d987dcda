package io.saya.cli.call;

/** Ends the command with a message on stderr. The message says what is wrong and what to do. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /**
     * @param exitCode one of {@link ExitCode}
     */
    public CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** Returns what the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
