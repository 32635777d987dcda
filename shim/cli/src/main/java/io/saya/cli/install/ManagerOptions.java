package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.host.HostFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which container managers, and what is done of it. Used by one call. */
final class ManagerOptions {
    private static final String WHICH =
            "which container manager? Expected: --containerd, --crio, --docker or --nerdctl";

    @Option(names = "--containerd", description = "containerd, for Kubernetes and for ctr.")
    private boolean containerd;

    @Option(names = "--crio", description = "CRI-O.")
    private boolean crio;

    @Option(names = "--docker", description = "Docker, 23 or later.")
    private boolean docker;

    @Option(
            names = "--nerdctl",
            description = "nerdctl and ctr without Kubernetes: only a link, for containerd's PATH.")
    private boolean nerdctl;

    @Option(
            names = "--containerd-config",
            paramLabel = "FILE",
            description = "containerd's configuration. Default: /etc/containerd/config.toml.")
    private @Nullable Path containerdConfig;

    @Option(names = "--dry-run", description = "Tell what would be changed, and change nothing.")
    private boolean dryRun;

    @Option(
            names = "--restart",
            description =
                    "Make the daemon read its configuration, by systemctl. Containers run on; without"
                            + " this it is told, not done.")
    private boolean restart;

    boolean dryRun() {
        return dryRun;
    }

    boolean restart() {
        return restart;
    }

    /** True if one of them serves Kubernetes. */
    boolean forKubernetes() {
        return containerd || crio;
    }

    /**
     * The chosen ones.
     *
     * @throws CommandFailure if there is none, or one is not on this host
     */
    List<ContainerManager> chosen(Invocation invocation, HostFiles host) {
        List<ContainerManager> chosen = new ArrayList<>();
        for (ContainerManager manager : all(invocation, host, containerd)) {
            boolean wanted =
                    switch (manager) {
                        case Containerd _ -> containerd;
                        case CriO _ -> crio;
                        case Docker _ -> docker;
                        case Nerdctl _ -> nerdctl;
                    };
            if (wanted) {
                chosen.add(manager);
            }
        }
        if (chosen.isEmpty()) {
            throw new CommandFailure(ExitCode.USAGE, WHICH);
        }
        return chosen;
    }

    /**
     * All that may be on this host.
     *
     * @param needed whether containerd must be there
     */
    List<ContainerManager> all(Invocation invocation, HostFiles host, boolean needed) {
        HostPrograms programs = HostPrograms.of(invocation.environment());
        ShimLink link = ShimLink.of(host, invocation.installation());
        Path config = containerdConfig == null ? host.at(Containerd.CONFIG) : containerdConfig;
        Path program = programs.find("containerd").orElse(null);
        if (program == null && needed) {
            throw ContainerdFile.untouched(
                    "there is no containerd on PATH or where services have their programs"
                            + " (expected: containerd, which is asked what it makes of its"
                            + " configuration)");
        }
        return List.of(
                new Containerd(config, program == null ? Path.of("containerd") : program, link),
                new CriO(host, programs, link),
                new Docker(host, programs, link),
                new Nerdctl(link));
    }
}
