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

    /** Its YAML, and as comments what a sandbox without work was measured to take. */
    static String measured(Invocation invocation, CheckedHost host) {
        MeasuredOverhead.Attempt attempt =
                MeasuredOverhead.of(invocation, host.config().factory().enableTemplate());
        Overhead overhead = Overhead.of(host.config(), ProcessorChecks.runsUnderKvm(host));
        StringBuilder comments = new StringBuilder();
        for (MeasuredOverhead one : attempt.measured()) {
            overhead = overhead.atLeast(one, host.config().runtime().sandboxCgroupOnly());
            comments.append(one.describe());
        }
        if (!attempt.problem().isEmpty()) {
            comments.append("# not measured: ")
                    .append(attempt.problem().replace('\n', ' '))
                    .append('\n');
        }
        return overhead.runtimeClass() + comments;
    }

    static String of(CheckedHost host) {
        return Overhead.of(host.config(), ProcessorChecks.runsUnderKvm(host)).runtimeClass();
    }
}
