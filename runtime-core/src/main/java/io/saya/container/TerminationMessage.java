package io.saya.container;

import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * What a container leaves for the status of its pod. A kubelet mounts a file into each container
 * and shows what stands in it when the container has ended ({@code state.terminated.message}). What
 * ended a container from outside is written there: containerd passes no text of a runtime's on. A
 * message of the container's own stays.
 */
public final class TerminationMessage {
    private static final Log LOG = Log.of("exits");

    /** Where Kubernetes mounts it, if a pod does not say otherwise. */
    private static final String USUAL_PLACE = "/dev/termination-log";

    /** By which CRI-O and dockershim tell where; containerd's CRI plugin does not. */
    private static final String PLACE = "io.kubernetes.container.terminationMessagePath";

    /** Of a message, what a kubelet shows. */
    private static final int SHOWN = 4096;

    private TerminationMessage() {}

    /**
     * Leaves a message, if the container has a file for it that is empty. One that cannot be left
     * is logged.
     *
     * @param bundle of the container
     * @param message for the operator
     */
    public static void leave(Path bundle, String message) {
        try {
            OciSpec spec = OciSpec.read(bundle);
            String place = spec.annotations().getOrDefault(PLACE, USUAL_PLACE);
            for (OciSpec.OciMount mount : spec.mounts()) {
                if (mount.bind() && mount.destination().equals(place)) {
                    write(Path.of(mount.source()), message);
                }
            }
        } catch (IOException | RuntimeFailure e) {
            LOG.warn("no message is left for the pod's status", "message", message, "error", e);
        }
    }

    private static void write(Path file, String message) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        try (var channel =
                Files.newByteChannel(
                        file, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS))) {
            if (channel.size() == 0) {
                channel.write(ByteBuffer.wrap(text, 0, Math.min(text.length, SHOWN)));
            }
        }
    }
}
