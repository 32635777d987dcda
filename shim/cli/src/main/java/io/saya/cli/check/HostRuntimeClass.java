package io.saya.cli.check;

import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import io.saya.config.ConfigException;
import java.nio.file.Path;

/** The RuntimeClass of Kubernetes for pods on this host, with this configuration. */
public final class HostRuntimeClass {
    private HostRuntimeClass() {}

    /**
     * Its YAML. Blocks, for as long as it takes to try whether KVM runs a guest.
     *
     * @throws ConfigException if the configuration cannot be used
     */
    public static String of(Invocation invocation) throws ConfigException {
        return of(
                new CheckedHost(
                        new HostFiles(Path.of("/")),
                        invocation.loadConfiguration().config(),
                        invocation.installation(),
                        invocation.runBase(),
                        HostFiles.isRoot()));
    }

    static String of(CheckedHost host) {
        return Overhead.of(host.config(), ProcessorChecks.runsUnderKvm(host)).runtimeClass();
    }
}
