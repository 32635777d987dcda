package io.saya.shim.management;

import io.saya.guest.StartClock;
import io.saya.hypervisor.GuestConsole;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.sandbox.Sandbox;
import io.saya.shim.log.LineText;
import io.saya.shim.log.RecentLines;
import io.saya.task.TaskStatus;
import io.saya.task.Tasks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** What a daemon tells of its sandbox, as JSON; {@code saya} reads it. */
public final class Pages {
    private static final Log LOG = Log.of("management");

    /** The beginning of lines of the default guest's agent; those lines are in the log as well. */
    private static final String AGENT = "saya-agent ";

    private static final String JSON = "application/json";

    private final Sandbox sandbox;
    private final Tasks tasks;
    private final RecentLines recent;
    private final String configuration;
    private final Supplier<String> template;
    private final int restarts;

    /**
     * @param configuration the files that it was started with
     * @param template what became of its template
     * @param restarts how many daemons of the sandbox have died before this one
     */
    public Pages(
            Sandbox sandbox,
            Tasks tasks,
            RecentLines recent,
            String configuration,
            Supplier<String> template,
            int restarts) {
        this.sandbox = sandbox;
        this.tasks = tasks;
        this.recent = recent;
        this.configuration = configuration;
        this.template = template;
        this.restarts = restarts;
    }

    /** The pages by their paths, with {@code page} at {@code path} among them. */
    public Map<String, Page> with(Map<String, Page> more) {
        Map<String, Page> all = new HashMap<>(more);
        all.put("/status", _ -> new Page.Answer(JSON, Json.write(status()) + "\n"));
        all.put("/logs", _ -> new Page.Answer(JSON, Json.write(logs()) + "\n"));
        all.put("/log-level", Pages::logLevel);
        return all;
    }

    private JsonObject status() {
        List<JsonValue> phases = new ArrayList<>();
        for (StartClock.Timed timed : sandbox.clock().phases()) {
            phases.add(
                    JsonObject.builder()
                            .put("phase", timed.phase().word())
                            .put("ms", timed.millis())
                            .build());
        }
        List<JsonValue> processes = new ArrayList<>();
        for (TaskStatus task : tasks.all()) {
            processes.add(process(task));
        }
        return JsonObject.builder()
                .put("id", sandbox.identity().id())
                .put("namespace", sandbox.identity().namespace())
                .put("bundle", sandbox.identity().bundle().toString())
                .put("state", sandbox.stateWord())
                .put("started_at", sandbox.clock().startedAt())
                .put("pid", ProcessHandle.current().pid())
                .put("vmm_pid", sandbox.vmmPid())
                .put("agent", sandbox.agentVersion().toString())
                .put("configuration", configuration)
                .put("restarts", restarts)
                .put("log_level", word(LogRouter.threshold()))
                .put("origin", sandbox.clock().origin())
                .put("template", template.get())
                .put("phases", new JsonArray(phases))
                .put("processes", new JsonArray(processes))
                .build();
    }

    private static JsonObject process(TaskStatus task) {
        JsonObject.Builder process =
                JsonObject.builder()
                        .put("container", task.containerId())
                        .put("exec", task.execId())
                        .put("state", task.phase().name().toLowerCase(Locale.ROOT));
        if (task.exit().isPresent()) {
            process.put("exit_status", task.exit().get().status())
                    .put("exited_at", task.exit().get().at().toString());
        }
        return process.build();
    }

    private JsonObject logs() {
        List<JsonValue> lines = new ArrayList<>();
        for (LogRecord line : recent.all()) {
            StringBuilder text = new StringBuilder();
            LineText.appendMessageAndFields(text, line, "");
            lines.add(
                    JsonObject.builder()
                            .put("time", line.epochMillis())
                            .put("source", line.component().equals("agent") ? "agent" : "shim")
                            .put("level", word(line.level()))
                            .put("text", text.toString())
                            .build());
        }
        List<GuestConsole.Line> console =
                sandbox.console().map(GuestConsole::lines).orElse(List.of());
        for (GuestConsole.Line line : console) {
            if (line.text().contains(AGENT)) {
                continue; // It stands above, as the agent's.
            }
            lines.add(
                    JsonObject.builder()
                            .put("time", line.epochMillis())
                            .put("source", "console")
                            .put("level", "")
                            .put("text", line.text())
                            .build());
        }
        return JsonObject.builder().put("lines", new JsonArray(lines)).build();
    }

    private static Page.Answer logLevel(Request request) {
        String wanted = request.body().strip();
        if (!wanted.isEmpty()) {
            LogLevel level = level(wanted);
            LogRouter.threshold(level);
            LOG.info("log level changed", "to", wanted);
        }
        return new Page.Answer("text/plain", word(LogRouter.threshold()) + "\n");
    }

    private static LogLevel level(String word) {
        for (LogLevel level : LogLevel.values()) {
            if (word(level).equals(word)) {
                return level;
            }
        }
        throw new IllegalArgumentException(
                "level: " + word + " (expected: debug, info, warn or error)");
    }

    private static String word(LogLevel level) {
        return level.name().toLowerCase(Locale.ROOT);
    }
}
