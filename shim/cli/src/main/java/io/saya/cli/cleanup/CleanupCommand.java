package io.saya.cli.cleanup;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import io.saya.cli.text.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya cleanup}. */
@Command(
        name = "cleanup",
        description = {
            "Show what sandboxes without a living shim left on this host, and remove it with --yes.",
            "Only what a sandbox wrote down is touched: a process only if it is still the one that"
                    + " was recorded, and nothing of a sandbox whose shim lives."
        })
public final class CleanupCommand implements Callable<Integer> {
    private static final String LAUNCHER = "bin/containerd-shim-saya-v2";

    private final Invocation invocation;

    @Option(
            names = {"--yes", "--force"},
            description = "Remove it. Without this nothing is changed.")
    private boolean yes;

    /** The command for one call. */
    public CleanupCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path base = invocation.runBase();
        List<LeftSandbox> left = LeftSandbox.in(base, new HostFiles(Path.of("/")));
        if (left.isEmpty()) {
            invocation.out().println("Nothing is left in " + base + ".");
            return ExitCode.OK;
        }
        Table table = new Table("SANDBOX", "PROCESSES", "MOUNTS", "DIRECTORY");
        for (LeftSandbox sandbox : left) {
            table.row(
                    sandbox.id(),
                    sandbox.processes().isEmpty() ? "-" : String.join(", ", sandbox.processes()),
                    Integer.toString(sandbox.mounts().size()),
                    sandbox.runDirectory().toString());
        }
        table.print(invocation.out());
        if (!yes) {
            invocation.out().println("Nothing was removed; 'saya cleanup --yes' does it.");
            return ExitCode.OK;
        }
        return removeAll(left);
    }

    private int removeAll(List<LeftSandbox> left) throws IOException, InterruptedException {
        Path launcher = invocation.installation().resolve(LAUNCHER);
        if (!Files.isExecutable(launcher)) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    launcher + " cannot be executed (expected: the installation's launcher)");
        }
        int exitCode = ExitCode.OK;
        for (LeftSandbox sandbox : left) {
            String problem = remove(launcher, sandbox.runDirectory());
            if (problem.isEmpty()) {
                invocation.out().println("Removed " + sandbox.runDirectory() + ".");
            } else {
                invocation.err().println(problem);
                exitCode = ExitCode.FAILED;
            }
        }
        return exitCode;
    }

    /**
     * The launcher takes the lock that a guard holds all its life: what has come to life since it
     * was listed is not touched. Its own waits are bounded by a few seconds.
     */
    private String remove(Path launcher, Path runDirectory)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                launcher.toString(), "-bundle", runDirectory.toString(), "cleanup")
                        .redirectErrorStream(true);
        builder.environment().put("SAYA_RUN_DIR", invocation.runBase().toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0
                ? ""
                : said.isEmpty() ? runDirectory + " was not removed" : said;
    }
}
