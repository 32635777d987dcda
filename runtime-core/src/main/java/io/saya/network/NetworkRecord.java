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
 * @param pci devices of the host that are given to the guest, and then back to their drivers
 * @param restore what interfaces of others lose and get back, after {@code links} are removed
 */
public record NetworkRecord(
        Path namespace,
        List<String> ingress,
        List<String> shapers,
        List<String> links,
        List<Restore> restore,
        List<Pci> pci) {

    /** Of a namespace in which nothing is made yet. */
    NetworkRecord(Path namespace) {
        this(
                namespace,
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
    }

    /**
     * What an interface gets back.
     *
     * @param index the interface's; one with the same name and another index is not meant
     * @param messages of rtnetlink, in hexadecimal digits, to be sent in this order, each whatever
     *     became of the others
     */
    public record Restore(String name, int index, String messages) {}

    /** A PCI device and the driver that it had; empty: none. */
    public record Pci(String address, String driver) {}

    /** The members of {@code record.json}. */
    public void addTo(JsonObject.Builder record) {
        record.put("ingress", entries(ingress));
        record.put("shapers", entries(shapers));
        record.put("links", entries(links));
        if (!pci.isEmpty()) {
            List<JsonValue> entries = new ArrayList<>();
            for (Pci device : pci) {
                entries.add(
                        JsonObject.builder()
                                .put("address", device.address())
                                .put("driver", device.driver())
                                .build());
            }
            record.put("pci", new JsonArray(entries));
        }
        if (!restore.isEmpty()) {
            List<JsonValue> entries = new ArrayList<>();
            for (Restore lost : restore) {
                entries.add(
                        entry(lost.name())
                                .put("index", lost.index())
                                .put("messages", lost.messages())
                                .build());
            }
            record.put("restore", new JsonArray(entries));
        }
    }

    private JsonArray entries(List<String> names) {
        List<JsonValue> entries = new ArrayList<>();
        for (String name : names) {
            entries.add(entry(name).build());
        }
        return new JsonArray(entries);
    }

    private JsonObject.Builder entry(String name) {
        return JsonObject.builder()
                .put("network_namespace", new JsonString(namespace.toString()))
                .put("name", new JsonString(name));
    }
}
