package io.saya.cli.sandbox;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code saya log-level SANDBOX [LEVEL]}. */
@Command(
        name = "log-level",
        description = {
            "Show or change what a running sandbox logs: debug, info, warn or error.",
            "With debug there is a line for each request of containerd's and for each of the guest's"
                    + " console."
        })
public final class LogLevelCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Parameters(
            index = "0",
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "LEVEL",
            description = "The lightest lines to keep. Default: show what it is now.")
    private @Nullable String level;

    /** The command for one call. */
    public LogLevelCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException {
        KnownSandbox known = new Sandboxes(invocation.runBase()).named(sandbox);
        String method = level == null ? "GET" : "PUT";
        invocation
                .out()
                .print(known.client().text(method, "/log-level", level == null ? "" : level));
        return ExitCode.OK;
    }
}
