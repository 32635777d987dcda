package io.saya.share;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The emptyDir volumes of one pod, {@code .../pods/UID/volumes/kubernetes.io~empty-dir/NAME}.
 * Nobody but the pod's containers uses them, so each can be shared as a whole, and for writing,
 * when the first container asks for a part of it or for reading: what comes later is in the same
 * share then.
 *
 * <p>A container can make directories of these names in what it writes to. They are not believed: a
 * path on the host that it can put a link into, between a look and a mount, would be a way to all
 * of the host. So only names that the kubelet has made count: those at the beginning of the path
 * that it gave, and none below a volume.
 *
 * @param uid the pod's; empty: none is known to be its own
 */
public record PodEmptyDirs(String uid) {

    private static final Path KIND = Path.of("volumes", "kubernetes.io~empty-dir");

    /**
     * What a kubelet binds for a {@code subPath}: {@code volume-subpaths/NAME/CONTAINER/NUMBER}.
     */
    private static final Path SUB_PATHS = Path.of("volume-subpaths");

    private static final int NAMES_OF_SUB_PATH = 4;

    /** Of a container that belongs to no pod, or to one whose uid nobody tells. */
    public static final PodEmptyDirs NONE = new PodEmptyDirs("");

    /**
     * Returns the volume in which a file or directory lies, or which it is. Blocks for the host's
     * files.
     *
     * @param source as the kubelet gave it
     * @param table the host's mounts, which tell what a {@code subPath} is of
     * @throws IOException if the source is not there
     */
    Optional<Path> holding(Path source, List<MountLine> table) throws IOException {
        if (uid.isEmpty()) {
            return Optional.empty();
        }
        Path real = source.toRealPath();
        Optional<Path> pod = outermost(real);
        if (pod.isEmpty()) {
            return Optional.empty();
        }
        Path volumes = pod.get().resolve(KIND);
        if (real.startsWith(volumes) && !real.equals(volumes)) {
            return Optional.of(volumes.resolve(volumes.relativize(real).getName(0)));
        }
        Path inPod = pod.get().relativize(real);
        if (!inPod.startsWith(SUB_PATHS) || inPod.getNameCount() != NAMES_OF_SUB_PATH) {
            return Optional.empty();
        }
        Path volume = volumes.resolve(inPod.getName(1));
        return Files.isDirectory(volume, LinkOption.NOFOLLOW_LINKS) && isIn(volume, real, table)
                ? Optional.of(volume)
                : Optional.empty();
    }

    /** The pod's directory: the outermost, since what is further in may be a container's. */
    private Optional<Path> outermost(Path real) {
        Path pod = Path.of("pods", uid);
        for (int names = 2; names < real.getNameCount(); names++) {
            Path top = real.getRoot().resolve(real.subpath(0, names));
            if (top.endsWith(pod)) {
                return Optional.of(top);
            }
        }
        return Optional.empty();
    }

    /** The kernel tells where in its file system lies what is bound: no path is looked up. */
    private static boolean isIn(Path volume, Path bound, List<MountLine> table) {
        Optional<MountLine> ofVolume = MountLine.of(volume, table);
        Optional<MountLine> ofBound = MountLine.of(bound, table);
        return ofVolume.isPresent()
                && ofBound.isPresent()
                && ofVolume.get().device().equals(ofBound.get().device())
                && ofBound.get()
                        .inFileSystem(bound)
                        .startsWith(ofVolume.get().inFileSystem(volume));
    }
}
