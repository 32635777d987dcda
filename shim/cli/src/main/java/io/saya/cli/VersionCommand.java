package io.saya.cli;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.call.Version;
import io.saya.cli.text.Tree;
import io.saya.json.JsonObject;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya version}. */
@Command(name = "version", description = "Show the version.")
final class VersionCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    VersionCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        if (json) {
            JsonObject version =
                    JsonObject.builder()
                            .put("saya", Version.product())
                            .put("oci", Version.OCI)
                            .put("java", Runtime.version().toString())
                            .build();
            invocation.out().println(Tree.json(version));
        } else {
            invocation.out().println("saya     : " + Version.product());
            invocation.out().println("OCI specs: " + Version.OCI);
            invocation.out().println("Java     : " + Runtime.version());
        }
        return ExitCode.OK;
    }
}
