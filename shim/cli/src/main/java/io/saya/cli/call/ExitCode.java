package io.saya.cli.call;

/** Exit codes of the command; {@code saya --help} documents them. */
public final class ExitCode {
    /** Done; of a question: the answer is yes. */
    public static final int OK = 0;

    /** Not done, or the answer is no: the host cannot run containers, a file has errors. */
    public static final int FAILED = 1;

    /** The call makes no sense; nothing was tried. */
    public static final int USAGE = 2;

    /** There is no such sandbox, or it cannot be asked. */
    public static final int NO_SANDBOX = 3;

    private ExitCode() {}
}
