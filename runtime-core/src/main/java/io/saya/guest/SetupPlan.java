package io.saya.guest;

import io.saya.agent.SandboxSetup;
import io.saya.config.RuntimeConfig;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.OciMount;
import io.saya.share.ContainerShares;
import io.saya.share.SharedDirectory;
import io.saya.share.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Collects what the agent is told of the sandbox that it is to make. */
public final class SetupPlan {

    private static final Log LOG = Log.of("sandbox");

    /** The bytes of a pod's resolv.conf that are read; the rest is cut. */
    private static final int DNS_LINES = 256;

    private static final int HOSTNAME_LENGTH = 64;

    /** The length of a host name that is made of an id. */
    private static final int GIVEN_HOSTNAME_LENGTH = 12;

    private SetupPlan() {}

    /**
     * Reads the pod's resolv.conf.
     *
     * @param spec of the sandbox container
     */
    public static SandboxSetup of(SandboxIdentity identity, RuntimeConfig config, OciSpec spec) {
        String hostname = hostname(identity, spec);
        return new SandboxSetup(
                identity.id(),
                new SandboxSetup.Names(
                        hostname.substring(0, Math.min(HOSTNAME_LENGTH, hostname.length())),
                        dns(spec)),
                new SandboxSetup.Share(
                        SharedDirectory.TAG,
                        SharedDirectory.GUEST_PATH,
                        SharedFiles.most(config.hypervisor().sharedFs().extraArguments())),
                ContainerShares.GUEST_SHM,
                config.agent().given().kernelModules(),
                config.agent().given().policy(),
                config.hypervisor().guest().hookPath());
    }

    /** The host name: that of the specification, else the beginning of the id, as Docker has it. */
    private static String hostname(SandboxIdentity identity, OciSpec spec) {
        String id = identity.id();
        return spec.hostname().isEmpty()
                ? id.substring(0, Math.min(GIVEN_HOSTNAME_LENGTH, id.length()))
                : spec.hostname();
    }

    /** The lines of the file that the sandbox container has at /etc/resolv.conf. */
    private static List<String> dns(OciSpec spec) {
        for (OciMount mount : spec.mounts()) {
            if (mount.destination().equals("/etc/resolv.conf") && mount.bind()) {
                try (var lines = Files.lines(Path.of(mount.source()))) {
                    return lines.limit(DNS_LINES).toList();
                } catch (IOException | UncheckedIOException e) {
                    LOG.warn(
                            "the pod's resolv.conf cannot be read",
                            "path",
                            mount.source(),
                            "error",
                            e);
                }
            }
        }
        return List.of();
    }
}
