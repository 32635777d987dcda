package io.saya.shim.service;

import com.google.protobuf.Any;
import io.saya.agent.ContainerUsage;
import io.saya.shim.wire.AnyMessages;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The cgroup version of the host. containerd expects metrics of the host's kind whatever the guest
 * has: one of the wrong kind fails the statistics of all containers of the node.
 */
enum HostCgroups {
    V1,
    V2;

    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    static HostCgroups detect() {
        return detect(ROOT);
    }

    /** The unified hierarchy alone has a list of controllers at its root (cgroups(7)). */
    static HostCgroups detect(Path root) {
        return Files.exists(root.resolve("cgroup.controllers")) ? V2 : V1;
    }

    /** A guest's measurements in the host's terms. */
    Any metrics(ContainerUsage guest) {
        return switch (this) {
            case V1 -> AnyMessages.pack(MetricsV1.TYPE, MetricsV1.of(guest));
            case V2 -> AnyMessages.pack(MetricsV2.TYPE, MetricsV2.of(guest));
        };
    }
}
