package io.saya.cli.call;

import io.saya.cli.text.CleanWriter;
import io.saya.config.ConfigException;
import io.saya.config.load.ConfigLoader;
import io.saya.config.load.LoadedConfig;
import io.saya.log.LogLevel;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * One call of the command: its surroundings, and the options that every subcommand has. Used by one
 * thread.
 */
public final class Invocation {

    /** Format of the command's own log. */
    public enum LogFormat {
        TEXT,
        JSON
    }

    @Option(
            names = {"--config", "--kata-config"},
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description =
                    "Use this configuration file instead of the first one that is found (saya config"
                            + " paths).")
    private @Nullable Path config;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Append a log of what this command does to a file.")
    private @Nullable Path log;

    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            defaultValue = "text",
            scope = ScopeType.INHERIT,
            description = "Format of that log: text (as containerd's) or json. Default: text.")
    private LogFormat logFormat = LogFormat.TEXT;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            scope = ScopeType.INHERIT,
            description = "Lightest lines of that log: debug, info, warn or error. Default: info.")
    private LogLevel logLevel = LogLevel.INFO;

    private final Path installation;
    private final Map<String, String> environment;
    private final PrintWriter out;
    private final PrintWriter err;

    /**
     * @param installation the directory that holds {@code bin}, {@code lib} and {@code share}
     * @param out what was asked for; gets it without control characters, whoever prints them
     * @param err what went wrong; likewise
     */
    public Invocation(
            Path installation, Map<String, String> environment, PrintWriter out, PrintWriter err) {
        this.installation = installation;
        this.environment = Map.copyOf(environment);
        this.out = CleanWriter.before(out);
        this.err = CleanWriter.before(err);
    }

    /** The stream for data. */
    public PrintWriter out() {
        return out;
    }

    /** The stream for messages. */
    public PrintWriter err() {
        return err;
    }

    /** The directory that holds {@code bin}, {@code lib} and {@code share}. */
    public Path installation() {
        return installation;
    }

    /** The environment's variables. */
    public Map<String, String> environment() {
        return environment;
    }

    /** Directory of all sandboxes' run directories, {@code SAYA_RUN_DIR} or {@code /run/saya}. */
    public Path runBase() {
        String moved = environment.getOrDefault("SAYA_RUN_DIR", "");
        return Path.of(moved.isEmpty() ? "/run/saya" : moved);
    }

    /** The file that the caller names, if any. */
    public Optional<Path> configFile() {
        return Optional.ofNullable(config);
    }

    /** Finds, reads and checks configurations. */
    public ConfigLoader configLoader() {
        return new ConfigLoader(installation);
    }

    /**
     * Loads the configuration in use, or the one that {@code --config} names. Blocks for the disk.
     *
     * @throws ConfigException with everything that is wrong with it
     */
    public LoadedConfig loadConfiguration() throws ConfigException {
        ConfigLoader loader = configLoader();
        return config != null
                ? loader.load(existing(config))
                : loader.load(Optional.empty(), environment);
    }

    /** The file in which the caller wants a log of this call; empty: none. */
    public Optional<Path> logFile() {
        return Optional.ofNullable(log);
    }

    /** The format of that log. */
    public LogFormat logFormat() {
        return logFormat;
    }

    /** The lightest lines of that log. */
    public LogLevel logLevel() {
        return logLevel;
    }

    /**
     * A file that a caller names on the command line.
     *
     * @throws CommandFailure if it does not exist
     */
    public static Path existing(Path file) {
        if (!Files.exists(file)) {
            throw new CommandFailure(
                    ExitCode.FAILED, file + " does not exist (expected: a configuration file)");
        }
        return file;
    }
}
