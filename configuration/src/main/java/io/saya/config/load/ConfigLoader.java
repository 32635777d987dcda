package io.saya.config.load;

import io.saya.config.ConfigException;
import io.saya.config.HostSize;
import io.saya.config.Position;
import io.saya.config.Problem;
import io.saya.config.RuntimeConfig;
import io.saya.config.toml.TomlDocument;
import io.saya.config.toml.TomlFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds, reads and checks the configuration. All methods block for the disk; nothing is kept
 * between calls, and an instance may be used by several threads.
 */
public final class ConfigLoader {

    /** What a check looks at. */
    private enum Scope {
        TEXT,
        HOST
    }

    private final SearchOrder searchOrder;
    private final Path installDirectory;
    private final HostSize host;

    /**
     * @param installDirectory the directory that holds {@code bin}, {@code lib} and {@code share};
     *     the default guest is looked for below it
     */
    public ConfigLoader(Path installDirectory) {
        this(Path.of("/"), installDirectory, HostSize.read());
    }

    ConfigLoader(Path root, Path installDirectory, HostSize host) {
        this.searchOrder = new SearchOrder(root, installDirectory);
        this.installDirectory = installDirectory;
        this.host = host;
    }

    /** Returns the places in which the loader looks for the configuration. */
    public SearchOrder searchOrder() {
        return searchOrder;
    }

    /**
     * Loads the configuration that is in use. Where there is no file at all, the built-in defaults
     * hold.
     *
     * @param configPath containerd's runtime option {@code ConfigPath}
     * @param environment the shim's
     * @throws ConfigException with everything that is wrong with it on this host
     */
    public LoadedConfig load(Optional<Path> configPath, Map<String, String> environment)
            throws ConfigException {
        Problems problems = new Problems();
        for (SearchOrder.Candidate candidate : searchOrder.candidates(configPath, environment)) {
            if (Files.exists(candidate.file())) {
                return load(candidate.file(), candidate.reason(), Scope.HOST, problems);
            }
            if (candidate.mustExist()) {
                problems.error(
                        new Problem.Source.InFile(candidate.file(), Position.START),
                        "does not exist; "
                                + candidate.reason()
                                + " names it: correct that, or remove it to use the default paths");
                problems.throwErrors();
            }
        }
        EffectiveConfig.Builder whole = EffectiveConfig.builder();
        return finish(
                whole,
                new ConfigSources(Optional.empty(), "no file found", List.of()),
                Scope.HOST,
                problems);
    }

    /**
     * Loads one file and its drop-ins, for {@code --config FILE}.
     *
     * @throws ConfigException with everything that is wrong with it on this host
     */
    public LoadedConfig load(Path file) throws ConfigException {
        return load(file, "command line", Scope.HOST, new Problems());
    }

    /**
     * Everything to be said about a file and its drop-ins, whether it can be used or not.
     *
     * @return empty if there is nothing to be said
     */
    public List<Problem> validate(Path file) {
        Problems problems = new Problems();
        try {
            return load(file, "command line", Scope.HOST, problems).warnings();
        } catch (ConfigException e) {
            return problems.sorted();
        }
    }

    /**
     * Takes a text for the whole configuration, without a look at this host's files. For tests of
     * those who need a configuration.
     *
     * @throws ConfigException with everything that is wrong with it
     */
    public LoadedConfig parse(String toml) throws ConfigException {
        Problems problems = new Problems();
        EffectiveConfig.Builder whole = EffectiveConfig.builder();
        Path file = Path.of("configuration.toml");
        new LayerReader(file, false, whole, problems).read(TomlFile.parse(toml));
        return finish(
                whole,
                new ConfigSources(Optional.of(file), "text", List.of()),
                Scope.TEXT,
                problems);
    }

    /** Returns what holds where no file says otherwise, without a look at this host's files. */
    public RuntimeConfig builtIn() {
        EffectiveConfig.Builder whole = EffectiveConfig.builder();
        Defaults.fillIn(whole, installDirectory);
        return RuntimeConfigAssembly.assemble(whole.build(), host);
    }

    private LoadedConfig load(Path named, String reason, Scope scope, Problems problems)
            throws ConfigException {
        EffectiveConfig.Builder whole = EffectiveConfig.builder();
        Path file = resolve(named);
        read(file, false, whole, problems);
        List<Path> dropIns = dropIns(file, problems);
        for (Path dropIn : dropIns) {
            read(dropIn, true, whole, problems);
        }
        return finish(
                whole, new ConfigSources(Optional.of(file), reason, dropIns), scope, problems);
    }

    /** Drop-ins are looked for beside the file itself, not beside a link to it. */
    private static Path resolve(Path named) {
        try {
            return named.toRealPath();
        } catch (IOException e) {
            return named.toAbsolutePath(); // Reading it will say what is wrong.
        }
    }

    private static void read(
            Path file, boolean dropIn, EffectiveConfig.Builder whole, Problems problems) {
        try {
            TomlDocument document = TomlFile.read(file);
            new LayerReader(file, dropIn, whole, problems).read(document);
            if (!document.errors().isEmpty()) {
                problems.markUnsure();
            }
        } catch (IOException e) {
            problems.markUnsure();
            problems.error(
                    new Problem.Source.InFile(file, Position.START),
                    String.valueOf(e.getMessage()));
        }
    }

    /** Names in byte order; what begins with a dot is an editor's or Kubernetes' own business. */
    private static List<Path> dropIns(Path file, Problems problems) {
        Path directory = file.resolveSibling("config.d");
        String[] names = directory.toFile().list();
        if (names == null) {
            if (Files.exists(directory)) {
                problems.error(
                        new Problem.Source.InFile(directory, Position.START),
                        "is not a directory that can be read; drop-ins are looked for there");
            }
            return List.of();
        }
        Arrays.sort(names);
        List<Path> files = new ArrayList<>();
        for (String name : names) {
            if (!name.startsWith(".")) {
                files.add(directory.resolve(name));
            }
        }
        return files;
    }

    private LoadedConfig finish(
            EffectiveConfig.Builder whole, ConfigSources sources, Scope scope, Problems problems)
            throws ConfigException {
        Defaults.fillIn(whole, installDirectory);
        EffectiveConfig effective = whole.build();
        StatusCheck.check(effective, problems);
        if (!problems.isUnsure()) {
            Contradictions.check(effective, problems);
            if (scope == Scope.HOST) {
                HostChecks.check(effective, host, problems);
            }
        }
        problems.throwErrors();
        return new LoadedConfig(
                RuntimeConfigAssembly.assemble(effective, host),
                effective,
                sources,
                problems.sorted(),
                host);
    }
}
