package io.saya.oci;

import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A container's {@code config.json}, as containerd wrote it. Immutable. */
public final class OciSpec {
    /** Its name in a bundle. */
    public static final String FILE = "config.json";

    private final JsonObject json;
    private final Map<String, String> annotations;

    private OciSpec(JsonObject json) {
        this.json = json;
        this.annotations = annotations(json);
    }

    /**
     * Reads {@code config.json} of a bundle.
     *
     * @throws RuntimeFailure INVALID_ARGUMENT that names the file and what is wrong with it
     */
    public static OciSpec read(Path bundle) throws RuntimeFailure {
        Path file = bundle.resolve(FILE);
        try {
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    "OCI specification " + file + " cannot be read: " + e,
                    e);
        } catch (JsonException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    "OCI specification " + file + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * Reads {@code config.json} from its bytes; throws {@link JsonException} for what is no
     * specification.
     */
    public static OciSpec parse(byte[] utf8) {
        return new OciSpec(Json.parseObject(utf8));
    }

    /** A specification that is made here, or one with changes. */
    public static OciSpec of(JsonObject json) {
        return new OciSpec(json);
    }

    /** The whole specification. */
    public JsonObject json() {
        return json;
    }

    public Map<String, String> annotations() {
        return annotations;
    }

    /**
     * Returns what this container is, by the annotations of containerd's CRI plugin, CRI-O and
     * dockershim, in that order (runtime-core/kata.md#what-a-container-is).
     *
     * @throws RuntimeFailure INVALID_ARGUMENT for a type that none of them knows
     */
    public ContainerKind kind() throws RuntimeFailure {
        for (String key :
                List.of(
                        "io.kubernetes.cri.container-type",
                        "io.kubernetes.cri-o.ContainerType",
                        "io.kubernetes.docker.type")) {
            String type = annotations.get(key);
            if (type != null) {
                return switch (type) {
                    case "sandbox", "podsandbox" -> ContainerKind.POD_SANDBOX;
                    case "container" -> ContainerKind.POD_CONTAINER;
                    default ->
                            throw RuntimeFailure.invalidArgument(
                                    "annotation "
                                            + key
                                            + ": "
                                            + type
                                            + " (expected: sandbox or container)");
                };
            }
        }
        return ContainerKind.SINGLE;
    }

    /** The id of the pod's sandbox, if the container belongs to one. */
    public Optional<String> sandboxId() {
        for (String key :
                List.of(
                        "io.kubernetes.cri.sandbox-id",
                        "io.kubernetes.cri-o.SandboxID",
                        "io.kubernetes.sandbox.id")) {
            String id = annotations.get(key);
            if (id != null) {
                return Optional.of(id);
            }
        }
        return Optional.empty();
    }

    /**
     * The uid of the pod, as containerd tells it; empty if it does not. CRI-O hands on what users
     * annotate their pods with, so there nothing is believed.
     */
    public String podUid() {
        return isCriOs() ? "" : annotations.getOrDefault("io.kubernetes.cri.sandbox-uid", "");
    }

    /** True if CRI-O has made the container. */
    public boolean isCriOs() {
        return annotations.keySet().stream()
                .anyMatch(key -> key.startsWith("io.kubernetes.cri-o."));
    }

    public String hostname() {
        return json.string("hostname").orElse("");
    }

    /**
     * The network namespace that the container is to be in, where the specification names one by
     * its path.
     */
    public Optional<Path> networkNamespace() {
        return namespaces().stream()
                .filter(
                        namespace ->
                                namespace.type().equals("network") && !namespace.path().isEmpty())
                .map(namespace -> Path.of(namespace.path()))
                .findFirst();
    }

    /** True if the container is to stay in the network namespace of the host. */
    public boolean hostNetwork() {
        for (Namespace namespace : namespaces()) {
            if (namespace.type().equals("network")) {
                return false;
            }
        }
        return true;
    }

    /** {@code linux.namespaces}. */
    public List<Namespace> namespaces() {
        List<Namespace> namespaces = new ArrayList<>();
        for (JsonObject entry :
                json.object("linux")
                        .flatMap(linux -> linux.array("namespaces"))
                        .orElse(JsonArray.EMPTY)
                        .objects()) {
            namespaces.add(
                    new Namespace(
                            entry.string("type").orElse(""), entry.string("path").orElse("")));
        }
        return namespaces;
    }

    /** {@code linux.cgroupsPath}; empty if the specification has none. */
    public String cgroupsPath() {
        Optional<JsonObject> linux = json.object("linux");
        return linux.isPresent() ? linux.get().string("cgroupsPath").orElse("") : "";
    }

    /** {@code linux.resources}; empty if the specification has none. */
    public JsonObject resources() {
        return json.object("linux")
                .flatMap(linux -> linux.object("resources"))
                .orElse(JsonObject.EMPTY);
    }

    /** The same with other {@code linux.resources}. */
    public OciSpec withResources(JsonObject resources) {
        JsonObject linux = json.object("linux").orElse(JsonObject.EMPTY);
        return new OciSpec(
                json.toBuilder()
                        .put("linux", linux.toBuilder().put("resources", resources).build())
                        .build());
    }

    /** True if {@code linux.devices} names any. */
    public boolean givesDevices() {
        return !json.object("linux")
                .flatMap(linux -> linux.array("devices"))
                .orElse(JsonArray.EMPTY)
                .values()
                .isEmpty();
    }

    /** {@code mounts}, in their order. */
    public List<OciMount> mounts() {
        List<OciMount> mounts = new ArrayList<>();
        for (JsonObject entry : json.array("mounts").orElse(JsonArray.EMPTY).objects()) {
            mounts.add(
                    new OciMount(
                            entry.string("destination").orElse(""),
                            entry.string("type").orElse(""),
                            entry.string("source").orElse(""),
                            entry.array("options").orElse(JsonArray.EMPTY).strings()));
        }
        return mounts;
    }

    /** {@code root.path}; empty if the specification has none. */
    public String rootPath() {
        return json.object("root").flatMap(root -> root.string("path")).orElse("");
    }

    public boolean rootReadOnly() {
        return json.object("root").flatMap(root -> root.bool("readonly")).orElse(false);
    }

    /**
     * Returns what {@code oom_score_adj} the first process is to have, -1000 to 1000; 0 if not
     * told.
     */
    public int oomScoreAdj() {
        long score =
                json.object("process").orElse(JsonObject.EMPTY).integer("oomScoreAdj").orElse(0);
        return Math.clamp(score, -1000, 1000);
    }

    /** The first process's program with its arguments; empty if the specification has none. */
    public List<String> program() {
        return json.object("process")
                .flatMap(process -> process.array("args"))
                .orElse(JsonArray.EMPTY)
                .strings();
    }

    /** Returns {@code process.selinuxLabel}; empty if the host has no SELinux. */
    public String selinuxLabel() {
        return json.object("process").flatMap(process -> process.string("selinuxLabel")).orElse("");
    }

    /** True if the first process has a terminal. */
    public boolean terminal() {
        return json.object("process").flatMap(process -> process.bool("terminal")).orElse(false);
    }

    /** An entry of {@code linux.namespaces}. The path is empty for a new namespace. */
    public record Namespace(String type, String path) {}

    /** An entry of {@code mounts}. */
    public record OciMount(String destination, String type, String source, List<String> options) {

        /** True if it is a bind mount, by its type or by its options. */
        public boolean bind() {
            return type.equals("bind") || options.contains("bind") || options.contains("rbind");
        }
    }

    private static Map<String, String> annotations(JsonObject json) {
        Map<String, String> annotations = new LinkedHashMap<>();
        json.object("annotations")
                .orElse(JsonObject.EMPTY)
                .members()
                .forEach(
                        (key, value) -> {
                            if (value instanceof JsonString(String text)) {
                                annotations.put(key, text);
                            }
                        });
        return Map.copyOf(annotations);
    }
}
