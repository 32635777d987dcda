package io.saya.host;

import java.nio.file.Path;
import java.util.List;

/**
 * A hook of an OCI specification: a program of the host's that reads what it is for.
 *
 * @param program absolute path; the first of {@code argv} may be anything
 * @param argv its arguments, the name that it is called by first
 * @param environment its whole environment, as {@code NAME=value}
 * @param directory the working directory
 * @param input what it finds on its stdin
 */
public record HookCommand(
        Path program, List<String> argv, List<String> environment, Path directory, String input) {

    public HookCommand {
        argv = List.copyOf(argv);
        environment = List.copyOf(environment);
    }
}
