package io.saya.monitor.node;

import java.nio.file.Path;

/**
 * A sandbox of this node.
 *
 * @param namespace containerd's namespace; {@code k8s.io} is assumed for Kata's
 * @param directory its run directory
 * @param bundle directory of its {@code config.json}, empty if nothing tells it
 */
public record MonitoredSandbox(
        String id, SandboxRuntime runtime, String namespace, Path directory, String bundle) {

    /** Where its daemon listens, once its guest is up. */
    public Path socket() {
        return directory.resolve(runtime.socket());
    }
}
