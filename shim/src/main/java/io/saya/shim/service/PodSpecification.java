package io.saya.shim.service;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saya.failure.RuntimeFailure;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.proto.containerd.pod.DNSConfig;
import io.saya.proto.containerd.pod.LinuxContainerResources;
import io.saya.proto.containerd.pod.LinuxPodSandboxConfig;
import io.saya.proto.containerd.pod.NamespaceMode;
import io.saya.proto.containerd.pod.NamespaceOption;
import io.saya.proto.containerd.pod.PodSandboxConfig;
import io.saya.proto.containerd.pod.PodSandboxMetadata;
import io.saya.proto.containerd.sandbox.CreateSandboxRequest;
import io.saya.task.PodFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What is asked of a sandbox that has no sandbox container, in the words that a sandbox container's
 * specification would have: those of containerd's CRI plugin for the same pod. So all that reads
 * such a specification reads this one.
 */
final class PodSpecification {
    private static final Log LOG = Log.of("service");

    private static final String CONFIG_TYPE = "runtime.v1.PodSandboxConfig";
    private static final String CRI = "io.kubernetes.cri.";

    /** Whose annotations say what a container is: a pod's own do not. */
    private static final List<String> RESERVED =
            List.of(CRI, "io.kubernetes.cri-o.", "io.kubernetes.docker.", "io.kubernetes.sandbox.");

    private static final int GIVEN_HOSTNAME_LENGTH = 12;

    private final String namespace;
    private final CreateSandboxRequest request;
    private final PodSandboxConfig config;

    private PodSpecification(
            String namespace, CreateSandboxRequest request, PodSandboxConfig config) {
        this.namespace = namespace;
        this.request = request;
        this.config = config;
    }

    /**
     * Reads a request.
     *
     * @param namespace containerd's
     */
    static PodSpecification of(String namespace, CreateSandboxRequest request) {
        return new PodSpecification(namespace, request, config(request.getOptions()));
    }

    private static PodSandboxConfig config(Any options) {
        String type = options.getTypeUrl();
        if (!type.substring(type.lastIndexOf('/') + 1).equals(CONFIG_TYPE)) {
            if (!type.isEmpty()) {
                LOG.warn("options of the sandbox are not understood", "type", type);
            }
            return PodSandboxConfig.getDefaultInstance();
        }
        try {
            return PodSandboxConfig.parseFrom(options.getValue());
        } catch (InvalidProtocolBufferException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    "options of the sandbox: no " + CONFIG_TYPE + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * The specification.
     *
     * @param files where those of the pod are, or will be
     */
    OciSpec oci(PodFiles files) {
        NamespaceOption shared = config.getLinux().getSecurityContext().getNamespaceOptions();
        if (shared.hasUsernsOptions()
                && shared.getUsernsOptions().getMode() != NamespaceMode.NODE) {
            throw RuntimeFailure.invalidArgument(
                    "user namespaces (hostUsers: false) are not supported; the VM keeps root of the"
                            + " container from being root of the host (expected: a pod without"
                            + " them)");
        }
        List<JsonValue> namespaces = new ArrayList<>();
        for (String type : List.of("pid", "ipc", "uts", "mount")) {
            namespaces.add(JsonObject.builder().put("type", type).build());
        }
        if (shared.getNetwork() != NamespaceMode.NODE) {
            namespaces.add(
                    JsonObject.builder()
                            .put("type", "network")
                            .put("path", request.getNetnsPath())
                            .build());
        }
        return OciSpec.of(
                JsonObject.builder()
                        .put("ociVersion", "1.0.2")
                        .put("hostname", hostname())
                        .put("root", JsonObject.builder().put("path", "rootfs").build())
                        .put("annotations", annotations())
                        .put("mounts", JsonArray.of(dns(files)))
                        .put(
                                "linux",
                                JsonObject.builder()
                                        .put("cgroupsPath", cgroup())
                                        .put("namespaces", new JsonArray(namespaces))
                                        .build())
                        .build());
    }

    /** The pod's files, which {@link #write} makes there. */
    PodFiles files(Path directory) {
        Map<String, String> sysctls = new HashMap<>();
        config.getLinux()
                .getSysctlsList()
                .forEach(entry -> sysctls.put(entry.getKey(), entry.getValue()));
        return new PodFiles(directory, sysctls);
    }

    /** Writes the pod's files, as the CRI plugin does for a pod with a sandbox container. */
    void write(Path directory) throws IOException {
        Files.writeString(directory.resolve("hostname"), hostname() + "\n");
        Files.write(directory.resolve("hosts"), ofHost("/etc/hosts"));
        DNSConfig dns = config.getDnsConfig();
        if (resolver(dns).isEmpty()) {
            Files.write(directory.resolve("resolv.conf"), ofHost("/etc/resolv.conf"));
        } else {
            Files.writeString(directory.resolve("resolv.conf"), resolver(dns));
        }
    }

    private static byte[] ofHost(String file) throws IOException {
        Path path = Path.of(file);
        return Files.exists(path) ? Files.readAllBytes(path) : new byte[0];
    }

    private static String resolver(DNSConfig dns) {
        StringBuilder lines = new StringBuilder();
        if (dns.getSearchesCount() > 0) {
            lines.append("search ").append(String.join(" ", dns.getSearchesList())).append('\n');
        }
        for (String server : dns.getServersList()) {
            lines.append("nameserver ").append(server).append('\n');
        }
        if (dns.getOptionsCount() > 0) {
            lines.append("options ").append(String.join(" ", dns.getOptionsList())).append('\n');
        }
        return lines.toString();
    }

    private static JsonObject dns(PodFiles files) {
        return JsonObject.builder()
                .put("destination", "/etc/resolv.conf")
                .put("type", "bind")
                .put("source", files.directory().resolve("resolv.conf").toString())
                .put("options", JsonArray.ofStrings(List.of("rbind", "ro")))
                .build();
    }

    private String hostname() {
        String id = request.getSandboxId();
        return config.getHostname().isEmpty()
                ? id.substring(0, Math.min(GIVEN_HOSTNAME_LENGTH, id.length()))
                : config.getHostname();
    }

    /** In the pod's cgroup, by its path or by the name of systemd's slice. */
    private String cgroup() {
        String parent = config.getLinux().getCgroupParent();
        String last = parent.substring(parent.lastIndexOf('/') + 1);
        if (parent.isEmpty()) {
            return "/" + namespace + "/" + request.getSandboxId();
        }
        return last.endsWith(".slice")
                ? last + ":cri-containerd:" + request.getSandboxId()
                : parent + "/" + request.getSandboxId();
    }

    /**
     * Those of the pod, and those that the CRI plugin makes of what it knows. That of a pod which
     * would say what a container is, or is to have, is not taken.
     */
    private JsonObject annotations() {
        JsonObject.Builder all = JsonObject.builder();
        BiConsumer<String, String> given =
                (key, value) -> {
                    if (RESERVED.stream().noneMatch(key::startsWith)) {
                        all.put(key, value);
                    }
                };
        config.getAnnotationsList()
                .forEach(entry -> given.accept(entry.getKey(), entry.getValue()));
        request.getAnnotationsList()
                .forEach(entry -> given.accept(entry.getKey(), entry.getValue()));
        all.put(CRI + "container-type", "sandbox");
        all.put(CRI + "sandbox-id", request.getSandboxId());
        PodSandboxMetadata metadata = config.getMetadata();
        all.put(CRI + "sandbox-name", metadata.getName());
        all.put(CRI + "sandbox-namespace", metadata.getNamespace());
        all.put(CRI + "sandbox-uid", metadata.getUid());
        all.put(CRI + "sandbox-log-directory", config.getLogDirectory());
        LinuxPodSandboxConfig linux = config.getLinux();
        if (linux.hasResources()) {
            LinuxContainerResources sum = linux.getResources();
            all.put(CRI + "sandbox-cpu-period", Long.toString(sum.getCpuPeriod()));
            all.put(CRI + "sandbox-cpu-quota", Long.toString(sum.getCpuQuota()));
            all.put(CRI + "sandbox-cpu-shares", Long.toString(sum.getCpuShares()));
            all.put(CRI + "sandbox-memory", Long.toString(sum.getMemoryLimitInBytes()));
        }
        return all.build();
    }
}
