package io.saya.host.guard;

import java.nio.ByteBuffer;

/**
 * What the guard tells the daemon at its start.
 *
 * @param listener the descriptor of the listening shim socket (a non-blocking Unix stream socket),
 *     inherited by this process
 * @param address what containerd was told: {@code unix://} and the path of that socket
 * @param runDirectory the sandbox's run directory, empty and with mode 0700. The guard removes it
 *     when this process ends
 * @param sandboxId the pod's id, or the container's where there is no pod
 * @param bootstrap what containerd wrote to the stdin of {@code start}: nothing, a serialized
 *     {@code Any} with runtime options, or (containerd 2.3 and later) {@code BootstrapParams}. Read
 *     only; whoever reads it takes a {@link ByteBuffer#duplicate}
 */
public record GuardStart(
        int listener,
        String address,
        String runDirectory,
        String sandboxId,
        ByteBuffer bootstrap) {}
