package io.saya.agent;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import io.saya.log.LogLevel;
import io.saya.text.PlainText;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A line of the log of one of Kata's agents, which is a JSON object for those of Kata 2.0 and later
 * (agent-proto/api/agents.md). The guest is not trusted: it is plain text, and has an end.
 *
 * @param text the message, and behind it what it is about
 */
public record AgentLogLine(LogLevel level, PlainText text) {

    /** More than a line of the log shows. */
    private static final int TEXT_LIMIT = 1024;

    /** What the log says by itself, or is the same in each line. */
    private static final Set<String> KNOWN =
            Set.of("msg", "level", "ts", "time", "name", "pid", "version", "source", "hostname");

    /** Reads a line; empty if it is none of such an agent. */
    public static Optional<AgentLogLine> parse(String line) {
        if (!line.startsWith("{")) {
            return Optional.empty();
        }
        JsonObject fields;
        try {
            fields = Json.parseObject(line);
        } catch (JsonException e) {
            return Optional.empty();
        }
        if (!(fields.get("msg") instanceof JsonString message)
                || !(fields.get("level") instanceof JsonString level)) {
            return Optional.empty();
        }
        return Optional.of(new AgentLogLine(level(level.value()), text(message.value(), fields)));
    }

    private static PlainText text(String message, JsonObject fields) {
        StringBuilder text = new StringBuilder(message);
        for (Map.Entry<String, JsonValue> field : fields.members().entrySet()) {
            if (KNOWN.contains(field.getKey()) || text.length() >= TEXT_LIMIT) {
                continue;
            }
            switch (field.getValue()) {
                case JsonString word ->
                        text.append(' ').append(field.getKey()).append('=').append(word.value());
                case JsonNumber number ->
                        text.append(' ').append(field.getKey()).append('=').append(number);
                default -> {}
            }
        }
        return PlainText.line(text.toString(), TEXT_LIMIT);
    }

    private static LogLevel level(String name) {
        return switch (name) {
            case "CRIT", "ERRO" -> LogLevel.ERROR;
            case "WARN" -> LogLevel.WARN;
            case "INFO" -> LogLevel.INFO;
            default -> LogLevel.DEBUG;
        };
    }
}
