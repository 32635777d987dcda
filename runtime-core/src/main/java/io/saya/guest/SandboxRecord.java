package io.saya.guest;

import io.saya.cgroup.CgroupPlacement;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.network.NetworkRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says to which sandbox a run directory belongs: {@code record.json} in it, replaced atomically,
 * read by {@code saya} and by the launcher's {@code delete}. Processes and mounts are in the
 * guard's own journal beside it; packaging/launcher/README.md has the format of both.
 */
final class SandboxRecord {

    /** Name of the file in the run directory. */
    static final String FILE = "record.json";

    private SandboxRecord() {}

    /** What was written last. */
    static JsonObject read(SandboxIdentity identity) throws IOException {
        Path file = identity.runDirectory().resolve(FILE);
        try {
            return Json.parseObject(Files.readAllBytes(file));
        } catch (JsonException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes down which sandbox it is, and what is going to be made on the host: cgroups, and what
     * is in the pod's network namespace.
     */
    static void save(
            SandboxIdentity identity,
            @Nullable CgroupPlacement cgroup,
            Optional<NetworkRecord> network)
            throws IOException {
        JsonObject.Builder json =
                JsonObject.builder()
                        .put("version", 1)
                        .put("namespace", identity.namespace())
                        .put("id", identity.id())
                        .put("bundle", identity.bundle().toString())
                        .put("run_directory", identity.runDirectory().toString());
        if (cgroup != null) {
            cgroup.addTo(json);
        }
        if (network.isPresent()) {
            network.get().addTo(json);
        }
        Path temporary = identity.runDirectory().resolve(FILE + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(temporary, Json.writeBytes(json.build()));
        Files.move(
                temporary, identity.runDirectory().resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }
}
