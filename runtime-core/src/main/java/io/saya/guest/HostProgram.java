package io.saya.guest;

import io.saya.host.HookCommand;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Runs a program of the host that does one thing and ends. */
final class HostProgram {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private HostProgram() {}

    /**
     * Returns when the program has ended well.
     *
     * @param argv its name and arguments
     * @throws IOException that says how it ended else, and what it printed
     */
    static void run(Host host, Path program, List<String> argv) throws IOException {
        HostProcess process =
                host.hook(new HookCommand(program, argv, List.of("LC_ALL=C"), Path.of("/"), ""));
        switch (Waited.on(process.exited(), LIMIT)) {
            case Waited.Done(ProcessExit exit) when exit.equals(new ProcessExit.Code(0)) -> {}
            case Waited.Done(ProcessExit exit) ->
                    throw new IOException(
                            program
                                    + " ended with "
                                    + exit.describe()
                                    + BootDiagnosis.printed(": ", process.outputTail()));
            default -> {
                process.signal(Signal.SIGKILL);
                throw new IOException(program + " has not ended after " + LIMIT);
            }
        }
    }
}
