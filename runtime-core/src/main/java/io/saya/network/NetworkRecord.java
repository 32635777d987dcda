package io.saya.network;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is made or changed in the pod's network namespace, for those who clean up after a crash
 * (packaging/launcher/README.md). Taps are not in it: they end with the VMM.
 *
 * @param ingress interfaces of others that get an ingress qdisc
 * @param shapers interfaces of others that get a root qdisc
 * @param links interfaces that are made and stay until they are removed
 */
public record NetworkRecord(
        Path namespace, List<String> ingress, List<String> shapers, List<String> links) {

    /** The members of {@code record.json}. */
    public void addTo(JsonObject.Builder record) {
        record.put("ingress", entries(ingress));
        record.put("shapers", entries(shapers));
        record.put("links", entries(links));
    }

    private JsonArray entries(List<String> names) {
        List<JsonValue> entries = new ArrayList<>();
        for (String name : names) {
            entries.add(
                    JsonObject.builder()
                            .put("network_namespace", new JsonString(namespace.toString()))
                            .put("name", new JsonString(name))
                            .build());
        }
        return new JsonArray(entries);
    }
}
