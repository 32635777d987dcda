package io.saya.task;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.OciMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the containers of a sandbox without a sandbox container find of their pod: containerd leaves
 * it to whoever makes the sandbox, and mounts nothing where it finds nothing on the host.
 *
 * @param directory with {@code hostname}, {@code hosts} and {@code resolv.conf}
 * @param sysctls of the pod
 */
public record PodFiles(Path directory, Map<String, String> sysctls) {
    /** The names of the files, which are in {@code /etc} in a container. */
    public static final List<String> NAMES = List.of("hostname", "hosts", "resolv.conf");

    private static final String SHM = "/dev/shm";

    public PodFiles {
        sysctls = Map.copyOf(sysctls);
    }

    /** Adds what the specification lacks; what a client has given stays. */
    OciSpec in(OciSpec spec, String sandboxId) {
        JsonObject json = spec.json();
        JsonObject linux = json.object("linux").orElse(JsonObject.EMPTY);
        JsonObject.Builder all =
                json.toBuilder()
                        .put("mounts", mounts(spec))
                        .put("linux", linux.toBuilder().put("sysctl", sysctls(linux)).build());
        if (spec.kind() == ContainerKind.SINGLE) {
            // Of a client without the CRI's words, such as ctr.
            all.put(
                    "annotations",
                    json.object("annotations").orElse(JsonObject.EMPTY).toBuilder()
                            .put("io.kubernetes.cri.container-type", "container")
                            .put("io.kubernetes.cri.sandbox-id", sandboxId)
                            .build());
        }
        return OciSpec.of(all.build());
    }

    private JsonArray mounts(OciSpec spec) {
        List<JsonValue> mounts = new ArrayList<>();
        Set<String> there = new HashSet<>();
        for (JsonObject mount : spec.json().array("mounts").orElse(JsonArray.EMPTY).objects()) {
            String destination = mount.string("destination").orElse("");
            // One of its own, where the pod's containers are to share theirs.
            if (!destination.equals(SHM) || isBind(spec, destination)) {
                mounts.add(mount);
                there.add(destination);
            }
        }
        for (String name : NAMES) {
            if (!there.contains("/etc/" + name)) {
                mounts.add(
                        bind(
                                directory.resolve(name).toString(),
                                "/etc/" + name,
                                spec.rootReadOnly() ? "ro" : "rw"));
            }
        }
        if (!there.contains(SHM)) {
            mounts.add(bind(SHM, SHM, "rw"));
        }
        return new JsonArray(mounts);
    }

    private static boolean isBind(OciSpec spec, String destination) {
        return spec.mounts().stream()
                .filter(mount -> mount.destination().equals(destination))
                .allMatch(OciMount::bind);
    }

    private static JsonObject bind(String source, String destination, String access) {
        return JsonObject.builder()
                .put("destination", destination)
                .put("type", "bind")
                .put("source", source)
                .put("options", JsonArray.ofStrings(List.of("rbind", "rprivate", access)))
                .build();
    }

    private JsonObject sysctls(JsonObject linux) {
        JsonObject.Builder all = JsonObject.builder();
        sysctls.forEach(all::put);
        linux.object("sysctl").orElse(JsonObject.EMPTY).members().forEach(all::put);
        return all.build();
    }
}
