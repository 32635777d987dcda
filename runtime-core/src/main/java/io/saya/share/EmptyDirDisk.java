package io.saya.share;

import io.saya.host.Host;
import io.saya.share.HostMounts.Access;
import io.saya.share.SharedDirectory.Share;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An emptyDir volume of a pod on a disk of the guest's own ({@code emptydir_mode = "block-plain"}):
 * a {@link DiskFile} in the volume's directory, shared once for all containers of the pod.
 *
 * @param name the volume's name in the pod
 * @param file the disk in the guest
 * @param mode permission bits of the volume's directory on the host, where the kubelet has set them
 * @param group its group, which is the pod's fsGroup
 */
public record EmptyDirDisk(String name, String file, int mode, int group) {

    /** {@code /var/lib/kubelet/pods/UID/volumes/kubernetes.io~empty-dir/NAME}. */
    private static final Path PARENT = Path.of("volumes", "kubernetes.io~empty-dir");

    /**
     * Returns the disk of a mount's source. Empty if the source is no emptyDir volume, is one in
     * memory (the kubelet has mounted a tmpfs there), holds files already, or if the host cannot
     * make an ext4: it is shared as it is then. Blocks as {@link DiskFile#of} does.
     *
     * @param source an absolute path of the host
     * @throws IOException that names the disk if it cannot be made or shared
     */
    public static Optional<EmptyDirDisk> of(Host host, SharedDirectory directory, Path source)
            throws IOException {
        Path parent = source.getParent();
        if (parent == null
                || !parent.endsWith(PARENT)
                || !Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (number(source, "dev") != number(parent, "dev")) {
            return Optional.empty();
        }
        String name = String.valueOf(source.getFileName());
        Optional<Share> share =
                directory.shareOnce(
                        "emptydir/" + name,
                        Access.WRITABLE,
                        () -> DiskFile.of(host, source, DiskFile.EMPTY_DIR));
        if (share.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new EmptyDirDisk(
                        name,
                        share.get().guestPath(),
                        (int) number(source, "mode") & 07777,
                        (int) number(source, "gid")));
    }

    /** Returns one of the numbers of stat(2). */
    private static long number(Path file, String attribute) throws IOException {
        return ((Number) Files.getAttribute(file, "unix:" + attribute)).longValue();
    }
}
