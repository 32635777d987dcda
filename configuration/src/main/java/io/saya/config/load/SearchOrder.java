package io.saya.config.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The places in which the loader looks for the configuration, in order.
 *
 * <p>A place that someone names (by containerd's {@code ConfigPath} or by the environment) must
 * exist: a typo there must not make the runtime fall back to another file unseen. Of the default
 * places the first that exists wins.
 */
public final class SearchOrder {

    /** Environment variables in the order in which they are asked. */
    public static final List<String> VARIABLES = List.of("SAYA_CONF_FILE", "KATA_CONF_FILE");

    private final Path root;
    private final Path installDirectory;

    /**
     * @param root {@code /}, or another directory that the default places are looked for below
     * @param installDirectory holds {@code share/defaults}
     */
    SearchOrder(Path root, Path installDirectory) {
        this.root = root;
        this.installDirectory = installDirectory;
    }

    /**
     * A file that may be the configuration.
     *
     * @param file may not exist
     * @param reason who named it
     * @param mustExist whether the search ends here in any case
     */
    public record Candidate(Path file, String reason, boolean mustExist) {}

    /**
     * Lists all places, first to last.
     *
     * @param configPath containerd's runtime option {@code ConfigPath}
     * @param environment the shim's
     */
    public List<Candidate> candidates(Optional<Path> configPath, Map<String, String> environment) {
        List<Candidate> all = new ArrayList<>();
        if (configPath.isPresent()) {
            all.add(new Candidate(configPath.get(), "runtime option ConfigPath", true));
        }
        for (String variable : VARIABLES) {
            String value = environment.getOrDefault(variable, "");
            if (!value.isEmpty()) {
                all.add(
                        new Candidate(
                                Path.of(value).toAbsolutePath(),
                                "environment variable " + variable,
                                true));
            }
        }
        for (Path file : defaultPaths()) {
            all.add(new Candidate(file, "default path", false));
        }
        return all;
    }

    /** The default places, first to last. */
    public List<Path> defaultPaths() {
        Set<Path> paths = new LinkedHashSet<>();
        paths.add(root.resolve("etc/saya/configuration.toml"));
        paths.add(root.resolve("etc/kata-containers/configuration.toml"));
        // The installation may be anywhere; in a Debian package this is the next one.
        paths.add(installDirectory.resolve("share/defaults/saya/configuration.toml"));
        paths.add(root.resolve("usr/share/defaults/saya/configuration.toml"));
        paths.add(root.resolve("usr/share/defaults/kata-containers/configuration.toml"));
        return List.copyOf(paths);
    }
}
