package io.saya.cli.env;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import io.saya.cli.text.Tree;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.load.LoadedConfig;
import io.saya.json.JsonObject;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya env}. */
@Command(
        name = "env",
        aliases = "kata-env",
        description = {
            "Show what this host would run containers with: runtime, hypervisor, guest, host.",
            "The tables and names are kata-env's; [Origins] tells where the values of the"
                    + " configuration come from."
        })
public final class EnvCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Option(names = "--json", description = "As JSON instead of TOML.")
    private boolean json;

    /** The command for one call. */
    public EnvCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws ConfigException {
        LoadedConfig loaded = invocation.loadConfiguration();
        JsonObject environment =
                Environment.of(
                        loaded,
                        new HostFiles(Path.of("/")),
                        invocation.installation(),
                        invocation.runBase());
        invocation.out().println(json ? Tree.json(environment) : Tree.toml(environment));
        for (Problem warning : loaded.warnings()) {
            invocation.err().println(warning);
        }
        return ExitCode.OK;
    }
}
