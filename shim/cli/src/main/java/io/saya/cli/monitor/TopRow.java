package io.saya.cli.monitor;

import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import java.time.Duration;
import java.util.Locale;

/** A sandbox as one line of text. */
final class TopRow {
    private static final String NONE = "-";

    private TopRow() {}

    /** The pod, else the sandbox's id. */
    static String name(JsonObject sandbox) {
        String pod = sandbox.string("pod").orElse("");
        return pod.isEmpty()
                ? sandbox.string("id").orElse("")
                : sandbox.string("pod_namespace").orElse("") + "/" + pod;
    }

    /** A number, or not a number where there is none. */
    static double number(JsonObject sandbox, String member) {
        return sandbox.number(member)
                .map(JsonNumber::literal)
                .map(Double::valueOf)
                .orElse(Double.NaN);
    }

    /** All phases of the start together. */
    static double startSeconds(JsonObject sandbox) {
        double sum = 0;
        for (JsonObject phase : sandbox.array("phases").orElse(JsonArray.EMPTY).objects()) {
            double seconds = number(phase, "seconds");
            sum += Double.isNaN(seconds) ? 0 : seconds;
        }
        return sum;
    }

    /** The cells under {@link #HEADINGS}. */
    static String[] cells(JsonObject sandbox, double now) {
        double start = startSeconds(sandbox);
        return new String[] {
            shortened(name(sandbox)),
            sandbox.string("runtime").orElse(""),
            sandbox.string("state").orElse(""),
            age(now - number(sandbox, "started_at")),
            text("%.2f", number(sandbox, "cpu_cores")),
            text("%.0f", number(sandbox, "memory_bytes") / 1048576),
            text("%.0f", number(sandbox, "overhead_memory_bytes") / 1048576),
            text("%.0f", number(sandbox, "containers")),
            start == 0 ? NONE : text("%.2f", start),
            shortened(sandbox.string("last_failure").orElse(""))
        };
    }

    static final String[] HEADINGS = {
        "SANDBOX",
        "RUNTIME",
        "STATE",
        "AGE",
        "CPU",
        "MEM MIB",
        "OVERHEAD MIB",
        "CONTAINERS",
        "START S",
        "LAST FAILURE"
    };

    private static String text(String format, double value) {
        return Double.isNaN(value) ? NONE : String.format(Locale.ROOT, format, value);
    }

    private static String shortened(String text) {
        return text.length() > 48 ? text.substring(0, 47) + "…" : text;
    }

    private static String age(double seconds) {
        if (Double.isNaN(seconds)) {
            return NONE;
        }
        Duration age = Duration.ofSeconds((long) Math.max(0, seconds));
        if (age.toMinutes() == 0) {
            return age.toSeconds() + "s";
        }
        return age.toHours() == 0
                ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
                : age.toHours() + "h" + age.toMinutesPart() + "m";
    }
}
