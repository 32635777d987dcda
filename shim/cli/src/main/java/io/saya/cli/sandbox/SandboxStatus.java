package io.saya.cli.sandbox;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Parts of what a daemon answers to {@code /status}. */
final class SandboxStatus {
    private SandboxStatus() {}

    static List<JsonObject> processes(JsonObject status) {
        return status.array("processes").orElse(JsonArray.EMPTY).objects();
    }

    static List<JsonObject> phases(JsonObject status) {
        return status.array("phases").orElse(JsonArray.EMPTY).objects();
    }

    static Set<String> containers(JsonObject status) {
        Set<String> ids = new LinkedHashSet<>();
        processes(status).forEach(process -> ids.add(process.string("container").orElse("")));
        return ids;
    }
}
