package io.saya.monitor.pods;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.monitor.node.MonitoredSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A pod's names in the annotations that containerd and CRI-O write into the bundle's {@code
 * config.json}: there whether CRI answers or not.
 */
final class BundleAnnotations {
    private static final long MAX_CONFIG = 4L * 1024 * 1024;

    /** Where containerd 1.x and 2.x keep the bundles of shims. */
    private static final Path CONTAINERD = Path.of("/run/containerd/io.containerd.runtime.v2.task");

    private BundleAnnotations() {}

    /** Returns the annotations; blocks for the disk. */
    static PodIdentity of(MonitoredSandbox sandbox) {
        Path bundle =
                sandbox.bundle().isEmpty()
                        ? CONTAINERD.resolve(sandbox.namespace()).resolve(sandbox.id())
                        : Path.of(sandbox.bundle());
        try {
            Path file = bundle.resolve("config.json");
            if (Files.size(file) > MAX_CONFIG) {
                return PodIdentity.NONE;
            }
            JsonObject annotations =
                    Json.parseObject(Files.readAllBytes(file))
                            .object("annotations")
                            .orElse(JsonObject.EMPTY);
            return new PodIdentity(
                    first(
                            annotations,
                            "io.kubernetes.cri.sandbox-name",
                            "io.kubernetes.cri-o.KubeName"),
                    first(
                            annotations,
                            "io.kubernetes.cri.sandbox-namespace",
                            "io.kubernetes.cri-o.Namespace"),
                    first(annotations, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
                    first(annotations, "io.kubernetes.cri-o.RuntimeHandler"),
                    OptionalLong.empty());
        } catch (IOException | JsonException _) {
            return PodIdentity.NONE;
        }
    }

    private static String first(JsonObject annotations, String... names) {
        for (String name : names) {
            String value = annotations.string(name).orElse("");
            if (!value.isEmpty()) {
                return PodText.bounded(value);
            }
        }
        return "";
    }
}
