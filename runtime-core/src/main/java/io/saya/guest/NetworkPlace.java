package io.saya.guest;

import io.saya.config.RuntimeConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.host.SpawnSpec;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The network namespaces of a sandbox.
 *
 * @param vmm the VMM's; empty: the daemon's own
 * @param pod the namespace whose interfaces the guest gets; empty: none are there yet, or none are
 *     wanted
 * @param resolverFile what the sandbox container has as its {@code /etc/resolv.conf}
 */
public record NetworkPlace(Optional<Path> vmm, Optional<Path> pod, Optional<Path> resolverFile) {
    private static final Path OWN = Path.of("/proc/self/ns/net");

    /**
     * Reads what the specification and the configuration ask for.
     *
     * @throws RuntimeFailure INVALID_ARGUMENT if that is the network of the host, which a VM cannot
     *     be in
     */
    public static NetworkPlace of(OciSpec spec, RuntimeConfig config) {
        if (config.runtime().network().disableNewNetns()) {
            return new NetworkPlace(Optional.empty(), Optional.empty(), Optional.empty());
        }
        Optional<Path> path = spec.networkNamespace();
        if (spec.hostNetwork() || (path.isPresent() && isOwn(path.get()))) {
            throw RuntimeFailure.invalidArgument(
                    "network namespace of the host requested"
                            + (path.isPresent() ? " (" + path.get() + ")" : "")
                            + ": a VM cannot share it (expected: a pod without hostNetwork; or, for"
                            + " a guest without any network, disable_new_netns = true and"
                            + " internetworking_model = \"none\" below [runtime] of the"
                            + " configuration)");
        }
        return path.isPresent()
                ? new NetworkPlace(path, path, resolverFile(spec))
                : new NetworkPlace(
                        Optional.of(SpawnSpec.NEW_NETWORK_NAMESPACE),
                        Optional.empty(),
                        resolverFile(spec));
    }

    private static Optional<Path> resolverFile(OciSpec spec) {
        return spec.mounts().stream()
                .filter(mount -> mount.bind() && mount.destination().equals("/etc/resolv.conf"))
                .map(mount -> Path.of(mount.source()))
                .findFirst();
    }

    /**
     * The namespace of a VMM that runs there.
     *
     * @param vmm its pid
     */
    Path ofProcess(long vmm) {
        Path its = Path.of("/proc/" + vmm + "/ns/net");
        Path named = this.vmm.orElse(OWN);
        return named.equals(SpawnSpec.NEW_NETWORK_NAMESPACE) || named.equals(OWN) ? its : named;
    }

    private static boolean isOwn(Path path) {
        try {
            return Files.isSameFile(path, OWN);
        } catch (IOException _) {
            return false; // whoever enters it says what is wrong with it
        }
    }
}
