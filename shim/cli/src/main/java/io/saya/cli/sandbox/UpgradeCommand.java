package io.saya.cli.sandbox;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code saya upgrade SANDBOX|--all}. */
@Command(
        name = "upgrade",
        description = {
            "Have a running sandbox served by this installation's daemon, without a stop of its"
                    + " containers: the daemon that serves it hands everything over and ends.",
            "Guest, VMM and guard stay those that the sandbox was started with. Where it cannot be"
                    + " handed over (a logger, hooks, a Kata guest), the daemon that serves goes on, and"
                    + " the reason is printed."
        })
public final class UpgradeCommand implements Callable<Integer> {
    private static final long PAUSE_MILLIS = 50;

    /** The daemon gives up after 75 s. */
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Invocation invocation;

    @Parameters(
            arity = "0..1",
            paramLabel = "SANDBOX",
            description = "Its id, the beginning of it, or the id of one of its containers.")
    private String sandbox = "";

    @Option(names = "--all", description = "All running sandboxes of this host, one by one.")
    private boolean all;

    /** The command for one call. */
    public UpgradeCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (all != sandbox.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.USAGE, "name one sandbox, or all by --all (expected: one of the two)");
        }
        Sandboxes sandboxes = new Sandboxes(invocation.runBase());
        List<KnownSandbox> chosen = all ? sandboxes.all() : List.of(sandboxes.named(sandbox));
        Path installation = invocation.installation().toRealPath();
        int failed = 0;
        for (KnownSandbox one : chosen) {
            if (all && !one.state().equals("running")) {
                continue;
            }
            String outcome = upgrade(one, installation);
            failed += outcome.isEmpty() ? 0 : 1;
            (outcome.isEmpty() ? invocation.out() : invocation.err())
                    .println(
                            one.id()
                                    + (outcome.isEmpty()
                                            ? ": served by " + installation
                                            : ": stays with its daemon: " + outcome));
        }
        return failed == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    /** Returns why it was not done; empty if it was. */
    private static String upgrade(KnownSandbox sandbox, Path installation)
            throws IOException, InterruptedException {
        ManagementClient client = sandbox.client();
        long before = sandbox.daemonPid();
        try {
            client.text("PUT", "/upgrade", installation.toString());
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Thread.sleep(PAUSE_MILLIS);
            try {
                String state = client.text("GET", "/upgrade", "").strip();
                if (state.startsWith("failed: ")) {
                    return state.substring("failed: ".length());
                }
                if (client.json("/status").integer("pid").orElse(before) != before) {
                    return "";
                }
            } catch (IOException e) {
                // Neither of the two answers for a moment.
                if (!sandbox.runDirectory().toFile().exists()) {
                    return "the sandbox has ended";
                }
            }
        }
        return "no daemon has answered within " + LIMIT.toSeconds() + " s";
    }
}
