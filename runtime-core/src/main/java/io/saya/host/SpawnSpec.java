package io.saya.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process to start on the host.
 *
 * @param argv program (absolute path) and arguments. {@code %fd:NAME%} in an argument is replaced
 *     by the number of the descriptor called NAME of {@code sockets} or {@code placement}
 * @param environment the whole environment of the process
 * @param sockets listening Unix sockets that the guard binds (mode 0600, a stale file is replaced)
 *     before the process starts and that the process inherits: who connects never has to wait for
 *     the process to come so far
 * @param networkNamespace the namespace to start in; empty: that of the guard; {@link
 *     #NEW_NETWORK_NAMESPACE}: one of its own, which ends with it
 * @param directory the working directory
 * @param placement what else differs from the guard
 */
public record SpawnSpec(
        List<String> argv,
        Map<String, String> environment,
        List<InheritedSocket> sockets,
        Optional<Path> networkNamespace,
        Path directory,
        Placement placement) {

    /** In the place of a path: a network namespace that nobody else has. */
    public static final Path NEW_NETWORK_NAMESPACE = Path.of("new");

    /** A process that runs as the guard does: same user, same cgroups. */
    public SpawnSpec(
            List<String> argv,
            Map<String, String> environment,
            List<InheritedSocket> sockets,
            Optional<Path> networkNamespace,
            Path directory) {
        this(argv, environment, sockets, networkNamespace, directory, Placement.AS_GUARD);
    }

    public SpawnSpec {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        sockets = List.copyOf(sockets);
        if (argv.isEmpty() || !argv.getFirst().startsWith("/")) {
            throw new IllegalArgumentException(
                    "argv: " + argv + " (expected: an absolute path of a program first)");
        }
    }

    /**
     * A listening Unix stream socket at {@code path} that the process inherits as the descriptor
     * called {@code name}.
     */
    public record InheritedSocket(String name, Path path) {}
}
