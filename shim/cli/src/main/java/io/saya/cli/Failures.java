package io.saya.cli;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Translates a failure into lines on stderr and an exit code. */
final class Failures {
    private static final Log LOG = Log.of("command");

    private Failures() {}

    static int badCall(ParameterException problem, Invocation invocation) {
        CommandLine command = problem.getCommandLine();
        invocation.err().println("saya: " + problem.getMessage());
        UnmatchedArgumentException.printSuggestions(problem, invocation.err());
        invocation.err().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    static int failed(Exception failure, Invocation invocation) {
        switch (failure) {
            case CommandFailure expected -> {
                print(invocation, String.valueOf(expected.getMessage()));
                return expected.exitCode();
            }
            case ConfigException broken -> {
                for (Problem problem : broken.problems()) {
                    invocation.err().println(problem);
                }
                LOG.error("the configuration cannot be used", "error", broken);
                return ExitCode.FAILED;
            }
            case RuntimeFailure refused -> print(invocation, refused.getMessage());
            case AccessDeniedException denied ->
                    print(invocation, denied.getFile() + ": permission denied; try it as root");
            case NoSuchFileException missing ->
                    print(invocation, missing.getFile() + " does not exist");
            case FileSystemException system ->
                    print(
                            invocation,
                            system.getFile()
                                    + ": "
                                    + (system.getReason() == null
                                            ? system.getClass().getSimpleName()
                                            : system.getReason()));
            case IOException io -> print(invocation, String.valueOf(io.getMessage()));
            default -> {
                print(invocation, "this is a bug in saya: " + failure);
                for (StackTraceElement frame : failure.getStackTrace()) {
                    invocation.err().println("    at " + frame);
                }
            }
        }
        LOG.error("failed", "error", failure);
        return ExitCode.FAILED;
    }

    private static void print(Invocation invocation, String message) {
        LOG.error(message);
        invocation.err().println("saya: " + message);
    }
}
