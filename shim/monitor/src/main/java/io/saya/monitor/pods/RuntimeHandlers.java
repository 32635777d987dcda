package io.saya.monitor.pods;

import io.grpc.StatusRuntimeException;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** The runtimes that a containerd which runs has for pods. */
public final class RuntimeHandlers {
    private RuntimeHandlers() {}

    /**
     * Their names: asks containerd's CRI for its status. Blocks, for two seconds at most.
     *
     * @throws IOException if nobody answers there, or no CRI
     */
    public static Set<String> of(Path socket) throws IOException {
        try (CriClient client = new CriClient(socket)) {
            return Json.parseObject(client.configuration())
                    .object("containerd")
                    .flatMap(containerd -> containerd.object("runtimes"))
                    .orElse(JsonObject.EMPTY)
                    .members()
                    .keySet();
        } catch (StatusRuntimeException | JsonException e) {
            throw new IOException(socket + " does not answer as containerd's CRI does", e);
        }
    }
}
