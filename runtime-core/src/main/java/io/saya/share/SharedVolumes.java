package io.saya.share;

import io.saya.share.HostMounts.Access;
import io.saya.share.SharedDirectory.Share;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What containers have of the host as volumes. One directory, file or FIFO is shared once, for all
 * containers of the sandbox and as long as it lives, and one that lies in another volume by that
 * volume's share: in shares of their own they would be files of their own to the guest, and neither
 * a lock nor a page that one container has written by {@code mmap} would be known to the other, and
 * no socket or FIFO of one would lead to the other. A kubelet's own files of one container are not:
 * it makes them anew for each.
 */
final class SharedVolumes {
    /** No container's id begins with a dot. */
    private static final String PLACE = ".volumes";

    /** {@code /var/lib/kubelet/pods/UID/containers/NAME/HASH}: a termination message. */
    private static final Path OF_ONE_CONTAINER = Path.of("containers");

    private static final int TYPE = 0170000;
    private static final int FIFO = 0010000;

    private SharedVolumes() {}

    /**
     * True for what containers may have in common: not for sockets and devices, which are the
     * kernel's that made them.
     */
    static boolean mayHold(Path source) throws IOException {
        Path parent = source.getParent();
        return Files.isDirectory(source)
                || ((Files.isRegularFile(source) || (number(source, "mode") & TYPE) == FIFO)
                        && (parent == null
                                || parent.getParent() == null
                                || !parent.getParent().endsWith(OF_ONE_CONTAINER)));
    }

    /**
     * The order in which a container's volumes are to be shared: one before what lies in it. Blocks
     * for the host's mounts.
     */
    static int depth(Path source) throws IOException {
        Path real = source.toRealPath();
        return MountLine.of(real, MountLine.all())
                .map(mount -> mount.inFileSystem(real).getNameCount())
                .orElse(0);
    }

    /**
     * Shares a directory or a file, or finds that it is shared. Blocks for the host's mounts.
     *
     * @param options which access the container has, and whether to what is mounted below as well
     * @param own volumes that only the pod's containers use
     * @return its path in the guest
     * @throws IOException if it cannot be shared
     */
    static String share(
            SharedDirectory directory, Path source, MountOptions options, PodEmptyDirs own)
            throws IOException {
        Access access = options.access();
        Submounts.View view = Submounts.of(source);
        String identity = identity(source, view);
        if (options.alone() && view.below()) {
            return directory
                    .shareAlone(name(identity, access) + "-alone", access, source)
                    .guestPath();
        }
        Optional<Path> whole = own.holding(source);
        if (whole.isPresent()) {
            Path top = whole.get();
            var _ =
                    directory.shareOnce(
                            name(identity(top, Submounts.of(top)), Access.WRITABLE),
                            Access.WRITABLE,
                            () -> Optional.of(top));
        }
        Optional<String> enclosing =
                directory.guestPath(name(identity, access)).isPresent()
                        ? Optional.empty()
                        : enclosing(directory, source, access);
        if (enclosing.isPresent()) {
            return enclosing.get();
        }
        if (access == Access.READ_ONLY) {
            // The guest makes its mount read-only, and may write to the directory all the same.
            Optional<String> writable = directory.guestPath(name(identity, Access.WRITABLE));
            if (writable.isPresent()) {
                return writable.get();
            }
        }
        return directory
                .shareOnce(name(identity, access), access, () -> Optional.of(source))
                .map(Share::guestPath)
                .orElseThrow();
    }

    private static Optional<String> enclosing(SharedDirectory directory, Path source, Access access)
            throws IOException {
        List<Share> shares = directory.below(PLACE);
        if (shares.isEmpty()) {
            return Optional.empty();
        }
        Path places = Objects.requireNonNull(shares.getFirst().hostPath().getParent()).toRealPath();
        return EnclosingShare.of(
                        source.toRealPath(), places, name -> serves(name, access), MountLine.all())
                .map(shown -> SharedDirectory.GUEST_PATH + PLACE + "/" + places.relativize(shown));
    }

    /** The guest makes a mount read-only, and may write to a writable share all the same. */
    private static boolean serves(String name, Access access) {
        return name.endsWith(suffix(access))
                || (access == Access.READ_ONLY && name.endsWith(suffix(Access.WRITABLE)));
    }

    /**
     * By device and inode: a kubelet binds one directory ({@code subPath}) to a place for each
     * container, and a directory that was made anew is another. Places whose mounts have other
     * options are two, and where something is mounted below, the path counts as well.
     */
    private static String identity(Path source, Submounts.View view) throws IOException {
        int place =
                view.below()
                        ? Objects.hash(view.options(), source.toRealPath().toString())
                        : view.options().hashCode();
        return hex(source, "dev") + "-" + hex(source, "ino") + "-" + Integer.toHexString(place);
    }

    private static String hex(Path source, String attribute) throws IOException {
        return Long.toHexString(number(source, attribute));
    }

    private static long number(Path source, String attribute) throws IOException {
        return ((Number) Files.getAttribute(source, "unix:" + attribute)).longValue();
    }

    private static String name(String identity, Access access) {
        return PLACE + "/" + identity + suffix(access);
    }

    private static String suffix(Access access) {
        return "-" + access.name().toLowerCase(Locale.ROOT);
    }
}
