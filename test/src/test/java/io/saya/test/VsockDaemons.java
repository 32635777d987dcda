package io.saya.test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** vhost-device-vsock: the host's, or the one that {@code test/run.sh --only vsock} builds. */
public final class VsockDaemons {

    /** Why a test is skipped without it. */
    public static final String ABSENT =
            "there is no vhost-device-vsock: test/run.sh --only vsock builds one with cargo";

    private static final Path BUILT = Path.of("target/vsock/bin/vhost-device-vsock");

    private VsockDaemons() {}

    /** Returns its binary. */
    public static Optional<Path> find() {
        return Stream.of(
                        Path.of(System.getProperty("saya.vsockd", "/none")),
                        Path.of(System.getProperty("saya.results", ".")).resolveSibling(BUILT),
                        Path.of("/usr/libexec/vhost-device-vsock"),
                        Path.of("/usr/bin/vhost-device-vsock"),
                        Path.of("/usr/local/bin/vhost-device-vsock"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
