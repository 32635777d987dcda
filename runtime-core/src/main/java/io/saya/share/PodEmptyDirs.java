package io.saya.share;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The emptyDir volumes of one pod, {@code .../pods/UID/volumes/kubernetes.io~empty-dir/NAME}.
 * Nobody but the pod's containers uses them, so each can be shared as a whole, and for writing,
 * when the first container asks for a part of it or for reading: what comes later is in the same
 * share then.
 *
 * @param uid the pod's; empty: none is known to be its own
 */
public record PodEmptyDirs(String uid) {

    private static final Path KIND = Path.of("volumes", "kubernetes.io~empty-dir");

    /** Of a container that belongs to no pod, or to one whose uid nobody tells. */
    public static final PodEmptyDirs NONE = new PodEmptyDirs("");

    /**
     * Returns the volume in which a file or directory lies, or which it is. A kubelet binds what a
     * {@code subPath} names to another place, so the host's mounts are asked as well. Blocks for
     * them.
     *
     * @throws IOException if the source is not there
     */
    Optional<Path> holding(Path source) throws IOException {
        if (uid.isEmpty()) {
            return Optional.empty();
        }
        Path real = source.toRealPath();
        for (Path place : EnclosingShare.places(real, MountLine.all())) {
            Optional<Path> top = top(place);
            if (top.isPresent() && EnclosingShare.same(place, real)) {
                return top;
            }
        }
        return Optional.empty();
    }

    private Optional<Path> top(Path place) {
        Path parents = Path.of("pods", uid).resolve(KIND);
        for (Path top = place; top != null; top = top.getParent()) {
            Path parent = top.getParent();
            if (parent != null && parent.endsWith(parents)) {
                return Optional.of(top);
            }
        }
        return Optional.empty();
    }
}
