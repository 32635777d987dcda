package io.saya.cli.call;

/** Runs subcommands by their words, for a subcommand that calls others. */
@FunctionalInterface
public interface Subcommands {

    /** Runs one, as a shell would, and returns its {@link ExitCode}. Blocks until it has ended. */
    int run(Invocation invocation, String... words);
}
