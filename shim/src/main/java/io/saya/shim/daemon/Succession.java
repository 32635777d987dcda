package io.saya.shim.daemon;

import io.saya.agent.GuestDetails;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.shim.management.ManagementSocket;
import io.saya.task.TaskHandover;
import io.saya.ttrpc.HeldClient;
import io.saya.ttrpc.HeldConnection;
import io.saya.ttrpc.HeldServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What a daemon tells its successor, as a file in the run directory that is there for a moment; the
 * descriptors, to which it refers by their order, come by a socket.
 *
 * @param server containerd's connections, and the socket by which further ones come
 * @param tasks the sandbox
 * @param heldAt since when nobody serves, in ms since 1970
 */
record Succession(HeldServer server, TaskHandover.Held tasks, long heldAt) {
    /** Of the format: a daemon of another one refuses to take over, and the old one goes on. */
    private static final int VERSION = 1;

    /** The same, of a sandbox with streams that are read by position. */
    private static final int WITH_POSITIONS = 2;

    private static final String FILE = "handover.json";

    /** All descriptors, in the order in which they are sent. */
    List<Integer> descriptors() {
        List<Integer> all = new ArrayList<>();
        all.add(server.listener());
        server.connections().forEach(connection -> all.add(connection.descriptor()));
        all.add(tasks.agent().descriptor());
        return all;
    }

    void write(Path runDirectory) throws IOException {
        discard(runDirectory);
        Path file =
                Files.createFile(
                        runDirectory.resolve(FILE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        List<JsonValue> connections = new ArrayList<>();
        server.connections().forEach(connection -> connections.add(json(connection)));
        Files.write(
                file,
                Json.writeBytes(
                        JsonObject.builder()
                                .put("version", tasks.counted() ? WITH_POSITIONS : VERSION)
                                .put("held_at", heldAt)
                                .put("connections", new JsonArray(connections))
                                .put("agent", json(tasks.agent()))
                                .put("sandbox", tasks.sandbox())
                                .put("containers", tasks.containers())
                                .build()));
    }

    /**
     * Reads what the daemon before has told.
     *
     * @param descriptors those that it has sent
     * @throws IOException if it is not there, or another version's
     */
    static Succession read(Path runDirectory, List<Integer> descriptors) throws IOException {
        Path file = runDirectory.resolve(FILE);
        try {
            JsonObject told = Json.parseObject(Files.readAllBytes(file));
            long version = told.integer("version").orElse(0);
            if (version != VERSION && version != WITH_POSITIONS) {
                throw new IOException(
                        file
                                + ": version "
                                + version
                                + " (expected: "
                                + VERSION
                                + " or "
                                + WITH_POSITIONS
                                + ")");
            }
            List<JsonObject> connections =
                    told.array("connections").orElse(JsonArray.EMPTY).objects();
            if (descriptors.size() != connections.size() + 2) {
                throw new IOException(
                        descriptors.size()
                                + " descriptors have come (expected: "
                                + (connections.size() + 2)
                                + ")");
            }
            List<HeldConnection> held = new ArrayList<>();
            for (int i = 0; i < connections.size(); i++) {
                held.add(connection(descriptors.get(i + 1), connections.get(i)));
            }
            return new Succession(
                    new HeldServer(descriptors.getFirst(), held),
                    new TaskHandover.Held(
                            told.object("sandbox").orElse(JsonObject.EMPTY),
                            told.array("containers").orElse(JsonArray.EMPTY),
                            client(
                                    descriptors.getLast(),
                                    told.object("agent").orElse(JsonObject.EMPTY))),
                    told.integer("held_at").orElse(0));
        } catch (JsonException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Removes the file: nobody needs it any more. */
    static void discard(Path runDirectory) throws IOException {
        Files.deleteIfExists(runDirectory.resolve(FILE));
    }

    /**
     * Removes what the daemon before has left in the run directory, and the one that serves makes
     * anew.
     */
    static void clear(Path runDirectory) throws IOException {
        Files.deleteIfExists(runDirectory.resolve(HandOver.SOCKET));
        Files.deleteIfExists(runDirectory.resolve(ManagementSocket.NAME));
        discard(runDirectory);
    }

    /**
     * What the agent has said of itself to the first daemon.
     *
     * @param sandbox as {@link TaskHandover.Held#sandbox}
     */
    static GuestDetails agent(JsonObject sandbox) {
        return GuestDetails.of(
                sandbox.string("agent").orElse(""), sandbox.bool("seccomp").orElse(false));
    }

    private static JsonObject json(HeldConnection connection) {
        List<JsonValue> requests = new ArrayList<>();
        for (HeldConnection.Request request : connection.requests()) {
            requests.add(
                    JsonObject.builder()
                            .put("stream", request.streamId())
                            .put("frame", base64(request.frame()))
                            .build());
        }
        return JsonObject.builder()
                .put("last_stream", connection.lastStreamId())
                .put("unfinished", base64(connection.unfinished()))
                .put("requests", new JsonArray(requests))
                .build();
    }

    private static HeldConnection connection(int descriptor, JsonObject json) {
        List<HeldConnection.Request> requests = new ArrayList<>();
        for (JsonObject request : json.array("requests").orElse(JsonArray.EMPTY).objects()) {
            requests.add(
                    new HeldConnection.Request(
                            (int) request.integer("stream").orElse(0), bytes(request, "frame")));
        }
        return new HeldConnection(
                descriptor,
                (int) json.integer("last_stream").orElse(0),
                requests,
                bytes(json, "unfinished"));
    }

    private static JsonObject json(HeldClient client) {
        List<JsonValue> calls = new ArrayList<>();
        for (HeldClient.Call call : client.calls()) {
            calls.add(
                    JsonObject.builder()
                            .put("stream", call.streamId())
                            .put("service", call.service())
                            .put("method", call.method())
                            .put("request", base64(call.request()))
                            .put("answer_bytes", call.answerBytes())
                            .build());
        }
        return JsonObject.builder()
                .put("next_stream", client.nextStreamId())
                .put("unfinished", base64(client.unfinished()))
                .put("calls", new JsonArray(calls))
                .build();
    }

    private static HeldClient client(int descriptor, JsonObject json) {
        List<HeldClient.Call> calls = new ArrayList<>();
        for (JsonObject call : json.array("calls").orElse(JsonArray.EMPTY).objects()) {
            calls.add(
                    new HeldClient.Call(
                            (int) call.integer("stream").orElse(0),
                            call.string("service").orElse(""),
                            call.string("method").orElse(""),
                            bytes(call, "request"),
                            (int) call.integer("answer_bytes").orElse(0)));
        }
        return new HeldClient(
                descriptor,
                (int) json.integer("next_stream").orElse(0),
                calls,
                bytes(json, "unfinished"));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] bytes(JsonObject json, String name) {
        return Base64.getDecoder().decode(json.string(name).orElse(""));
    }
}
