package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.Program;
import io.saya.cli.install.ContainerManager.Effect;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Makes a daemon read its configuration, and waits until it answers as it should. */
final class DaemonRestart {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration BETWEEN = Duration.ofMillis(200);

    private DaemonRestart() {}

    /**
     * Blocks until the daemon answers so, or cannot be asked.
     *
     * @param unwanted what it must not answer any more
     * @throws CommandFailure if it is not restarted, or does not answer so within a minute
     */
    static void of(ContainerManager manager, HostPrograms programs, Effect unwanted)
            throws IOException, InterruptedException {
        List<String> words = manager.reread();
        if (words.isEmpty()) {
            return;
        }
        Path program =
                programs.find(words.getFirst())
                        .orElseThrow(
                                () ->
                                        new CommandFailure(
                                                ExitCode.FAILED,
                                                "there is no systemctl to restart "
                                                        + manager.name()
                                                        + " with; restart it as this host does"));
        Program answer =
                HostPrograms.runLong(
                        program, words.subList(1, words.size()).toArray(String[]::new));
        if (answer.exitCode() != 0) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "'" + String.join(" ", words) + "' failed: " + answer.output().strip());
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Effect effect = manager.effect();
        while (effect == unwanted || effect == Effect.NOT_RUNNING) {
            if (System.nanoTime() > deadline) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        manager.name()
                                + " was restarted, and "
                                + (effect == unwanted ? "still" : "did")
                                + (effect == Effect.KNOWN ? " knows" : " does not know")
                                + " the runtime after "
                                + LIMIT.toSeconds()
                                + " s; look at its log");
            }
            Thread.sleep(BETWEEN.toMillis());
            effect = manager.effect();
        }
    }
}
