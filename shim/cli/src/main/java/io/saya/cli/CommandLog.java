package io.saya.cli;

import io.saya.cli.call.Invocation;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.log.LogSink;
import io.saya.shim.log.LineText;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command's own log, a file that the caller names: what the parts of the product have to say
 * while they serve the command. Without one these lines go nowhere, since stderr is for what the
 * caller has to know.
 */
final class CommandLog implements LogSink, AutoCloseable {
    private static final Log LOG = Log.of("command");

    private final Writer file;
    private final Invocation.LogFormat format;

    private CommandLog(Writer file, Invocation.LogFormat format) {
        this.file = file;
        this.format = format;
    }

    /** Runs the command with its log open. */
    static int during(Invocation invocation, ParseResult parsed) {
        Path path = invocation.logFile().orElse(null);
        if (path == null) {
            LogRouter.install(_ -> {});
            return new CommandLine.RunLast().execute(parsed);
        }
        LogRouter.threshold(invocation.logLevel());
        try (Writer file =
                        Files.newBufferedWriter(
                                path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                CommandLog log = new CommandLog(file, invocation.logFormat())) {
            LogRouter.install(log);
            LOG.info("called", "words", String.join(" ", parsed.originalArgs()));
            int exitCode = new CommandLine.RunLast().execute(parsed);
            LOG.info("ends", "exit_code", exitCode);
            return exitCode;
        } catch (IOException e) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(),
                    "--log " + path + " cannot be written: " + e.getMessage());
        }
    }

    @Override
    public synchronized void accept(LogRecord line) {
        try {
            file.write(format == Invocation.LogFormat.JSON ? json(line) : text(line));
            file.write('\n');
        } catch (IOException _) {
            // A log that cannot be written must not fail what it tells of.
        }
    }

    @Override
    public void close() {
        LogRouter.uninstall();
    }

    static String text(LogRecord line) {
        StringBuilder out = new StringBuilder(256);
        out.append("time=\"")
                .append(Instant.ofEpochMilli(line.epochMillis()))
                .append("\" level=")
                .append(name(line.level()))
                .append(' ');
        LineText.appendMessageAndFields(out, line, "");
        return out.toString();
    }

    static String json(LogRecord line) {
        JsonObject.Builder object =
                JsonObject.builder()
                        .put("time", Instant.ofEpochMilli(line.epochMillis()).toString())
                        .put("level", name(line.level()))
                        .put("msg", line.message())
                        .put("component", line.component());
        for (int i = 0; i + 1 < line.fields().size(); i += 2) {
            object.put(
                    String.valueOf(line.fields().get(i)), LineText.text(line.fields().get(i + 1)));
        }
        return Json.write(object.build());
    }

    private static String name(LogLevel level) {
        return level == LogLevel.WARN ? "warning" : level.name().toLowerCase(Locale.ROOT);
    }
}
