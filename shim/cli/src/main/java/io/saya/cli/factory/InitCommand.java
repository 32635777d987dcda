package io.saya.cli.factory;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.check.BootCheck;
import io.saya.cli.check.Finding;
import io.saya.cli.host.HostFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;

/** {@code saya factory init}. */
@Command(
        name = "init",
        description = {
            "Make the template of VMs of the default size, so that the first pod starts from it.",
            "It starts a sandbox, which makes it, and ends that (root; some seconds)."
        })
final class InitCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Invocation invocation;
    private String outcome = "";

    InitCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        if (!ConfiguredStore.config(invocation).enableTemplate()) {
            invocation
                    .err()
                    .println(
                            "vm factory not enabled: enable_template = false in [factory]"
                                    + " (expected: true)");
            return ExitCode.FAILED;
        }
        if (!HostFiles.isRoot()) {
            invocation.err().println("a sandbox is started by root");
            return ExitCode.FAILED;
        }
        Finding started = BootCheck.boot(invocation, this::awaitTemplate);
        if (outcome.equals("made") || outcome.equals("used")) {
            invocation.out().println("vm factory initialized");
            return ExitCode.OK;
        }
        invocation.err().println("no template: " + (outcome.isEmpty() ? started.text() : outcome));
        return ExitCode.FAILED;
    }

    private void awaitTemplate(BootCheck.Status sandbox) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        try {
            do {
                outcome = sandbox.ask().string("template").orElse("");
                if (!outcome.equals("missing") && !outcome.equals("being made")) {
                    return;
                }
                LockSupport.parkNanos(LOOK.toNanos());
            } while (System.nanoTime() - deadline < 0);
        } catch (IOException e) {
            outcome = "the sandbox gives no status: " + e.getMessage();
        }
    }
}
