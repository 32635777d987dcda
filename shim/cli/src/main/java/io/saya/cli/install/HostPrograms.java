package io.saya.cli.install;

import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Programs of the host, found as systemd's services find them, after the caller's own {@code PATH}.
 *
 * @param path the caller's {@code PATH}
 */
record HostPrograms(String path) {

    /** The directories in which systemd's services look for programs. */
    static final List<String> SERVICE_PATH =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin");

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Restarting waits for what the daemon has to end. */
    private static final Duration RESTART = Duration.ofMinutes(2);

    static HostPrograms of(Map<String, String> environment) {
        return new HostPrograms(environment.getOrDefault("PATH", ""));
    }

    Optional<Path> find(String name) {
        List<String> places = new ArrayList<>(List.of(path.split(":", -1)));
        places.addAll(SERVICE_PATH);
        return places.stream()
                .filter(place -> place.startsWith("/"))
                .map(place -> Path.of(place, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs it. Blocks, for half a minute at most. */
    static Program run(Path program, String... arguments) throws IOException {
        return Program.run(LIMIT, program, arguments);
    }

    /** Runs it, with two minutes to end. Blocks. */
    static Program runLong(Path program, String... arguments) throws IOException {
        return Program.run(RESTART, program, arguments);
    }
}
