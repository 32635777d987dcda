package io.saya.cli.collect;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.call.Subcommands;
import io.saya.cli.call.Version;
import io.saya.cli.host.HostFiles;
import io.saya.cli.host.Program;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya collect}. */
@Command(
        name = "collect",
        description = {
            "Write a report for a bug: versions, host, configuration, checks, living sandboxes with"
                    + " the ends of their logs.",
            "Markdown. What looks like a password, a token or a key is removed; read it before you"
                    + " send it all the same."
        })
public final class CollectCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Invocation invocation;
    private final Subcommands subcommands;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write it there (mode 0600) instead of to stdout.")
    private @Nullable Path output;

    /**
     * The command for one call.
     *
     * @param subcommands what the report quotes
     */
    public CollectCommand(Invocation invocation, Subcommands subcommands) {
        this.invocation = invocation;
        this.subcommands = subcommands;
    }

    @Override
    public Integer call() throws IOException {
        StringWriter text = new StringWriter();
        PrintWriter report = new PrintWriter(text);
        report.println("# Saya " + Version.product() + ", " + Instant.now());
        program(report, "Kernel", Path.of("/bin/uname"), "-a");
        section(report, "Distribution", new HostFiles(Path.of("/")).text("/etc/os-release"));
        program(report, "containerd", Path.of("/usr/bin/containerd"), "--version");
        ours(report, "Checks", "check");
        ours(report, "Environment", "env");
        ours(report, "Configuration, without built-in defaults", "config", "show", "--set");
        ours(report, "Configuration, problems", "config", "validate");
        String sandboxes = ours(report, "Sandboxes", "list", "--json");
        for (String id : ids(sandboxes)) {
            ours(report, "Sandbox " + id, "ps", id);
            ours(report, "Log of " + id, "logs", id);
        }
        report.flush();
        write(text.toString());
        return ExitCode.OK;
    }

    private void write(String text) throws IOException {
        if (output == null) {
            invocation.out().print(text);
            return;
        }
        Files.deleteIfExists(output);
        Files.createFile(
                output,
                java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
                        java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
        Files.writeString(output, text, StandardCharsets.UTF_8);
        invocation
                .err()
                .println("saya: the report is in " + output + "; read it before you send it");
    }

    /** Returns what one of our own commands says, errors included: these are of interest here. */
    private String ours(PrintWriter report, String title, String... words) {
        StringWriter said = new StringWriter();
        PrintWriter both = new PrintWriter(said);
        List<String> all = new ArrayList<>(List.of(words));
        invocation.configFile().ifPresent(file -> all.addAll(List.of("--config", file.toString())));
        int exitCode =
                subcommands.run(
                        new Invocation(
                                invocation.installation(), invocation.environment(), both, both),
                        all.toArray(String[]::new));
        both.flush();
        section(
                report,
                title + " (saya " + String.join(" ", words) + ", exit code " + exitCode + ")",
                said.toString());
        return said.toString();
    }

    private static void program(
            PrintWriter report, String title, Path program, String... arguments) {
        try {
            section(report, title, Program.run(LIMIT, program, arguments).output());
        } catch (IOException e) {
            section(report, title, String.valueOf(e.getMessage()));
        }
    }

    private static void section(PrintWriter report, String title, String text) {
        report.println();
        report.println("## " + title);
        report.println();
        // Four blanks are Markdown's way to say: as it is.
        text.strip().lines().forEach(line -> report.println("    " + Redaction.of(line)));
    }

    private static List<String> ids(String list) {
        List<String> ids = new ArrayList<>();
        try {
            if (Json.parse(list) instanceof JsonArray sandboxes) {
                for (JsonObject sandbox : sandboxes.objects()) {
                    ids.add(sandbox.string("id").orElse(""));
                }
            }
        } catch (JsonException _) {
            // It is an error's text, and stands in the report.
        }
        return ids;
    }
}
