package io.saya.share;

import io.saya.share.HostMounts.Access;
import io.saya.share.SharedDirectory.Problems;
import io.saya.share.SharedDirectory.Share;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What containers have of the host as volumes. One directory, file or FIFO is shared once, for all
 * containers of the sandbox, and one that lies in another volume by that volume's share: in shares
 * of their own they would be files of their own to the guest, and neither a lock nor a page that
 * one container has written by {@code mmap} would be known to the other, and no socket or FIFO of
 * one would lead to the other. A kubelet's own files of one container are not: it makes them anew
 * for each.
 */
final class SharedVolumes {
    /** No container's id begins with a dot. */
    private static final String PLACE = ".volumes";

    /** {@code /var/lib/kubelet/pods/UID/containers/NAME/HASH}: a termination message. */
    private static final Path OF_ONE_CONTAINER = Path.of("containers");

    private static final int TYPE = 0170000;
    private static final int FIFO = 0010000;

    /** What is mounted where a source lies inside a volume that is shared already. */
    enum Inside {
        /** That place in the volume's share. */
        WITH_VOLUME,
        /**
         * A share of its own, as for a guest that follows links which another container may have
         * put into the volume meanwhile.
         */
        BY_ITSELF
    }

    private final SharedDirectory directory;
    private final PodEmptyDirs own;
    private final Inside inside;
    private final List<String> used = new ArrayList<>();

    /**
     * Those of one container. Used by one thread at a time.
     *
     * @param own volumes that only the pod's containers use
     */
    SharedVolumes(SharedDirectory directory, PodEmptyDirs own, Inside inside) {
        this.directory = directory;
        this.own = own;
        this.inside = inside;
    }

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
     * for the host's files.
     *
     * @param table the host's mounts
     */
    static int depth(Path source, List<MountLine> table) throws IOException {
        Path real = source.toRealPath();
        return MountLine.of(real, table)
                .map(mount -> mount.inFileSystem(real).getNameCount())
                .orElse(0);
    }

    /**
     * Shares a directory or a file, or finds that it is shared. Blocks for the host's mounts.
     *
     * @param options which access the container has, and whether to what is mounted below as well
     * @return its path in the guest
     * @throws IOException if it cannot be shared
     */
    String share(Path source, MountOptions options) throws IOException {
        Access access = options.access();
        List<String> lines = MountLine.lines();
        if (options.alone() && Submounts.of(source.toRealPath(), lines).below()) {
            String alone = name(identity(source, lines), access) + "-alone";
            use(alone);
            return directory.shareAlone(alone, access, source).guestPath();
        }
        Optional<Path> whole = own.holding(source, MountLine.all(lines));
        if (whole.isPresent()) {
            Path top = whole.get();
            String name = name(identity(top, lines), Access.WRITABLE);
            if (directory.guestPath(name).isEmpty()) {
                var _ = directory.shareOnce(name, Access.WRITABLE, () -> Optional.of(top));
                lines = MountLine.lines();
            }
        }
        String identity = identity(source, lines);
        String name = name(identity, access);
        Optional<String> found =
                directory.guestPath(name).isPresent()
                        ? Optional.empty()
                        : enclosing(source, access, lines);
        if (found.isEmpty() && access == Access.READ_ONLY) {
            // The guest makes its mount read-only, and may write to the directory all the same.
            found = made(name(identity, Access.WRITABLE));
        }
        if (found.isPresent()) {
            return found.get();
        }
        use(name);
        return directory
                .shareOnce(name, access, () -> Optional.of(source))
                .map(Share::guestPath)
                .orElseThrow();
    }

    /** The container is done with all of them. */
    void leave(Problems problems) {
        used.forEach(name -> directory.leave(name, problems));
        used.clear();
    }

    /** What is used is not taken back, so it is noted before anybody relies on it. */
    private void use(String name) {
        directory.use(name);
        used.add(name);
    }

    /** Where the guest finds a share that there is; one that another is making is waited for. */
    private Optional<String> made(String name) throws IOException {
        use(name);
        return directory.made(name).map(Share::guestPath);
    }

    private Optional<String> enclosing(Path source, Access access, List<String> lines)
            throws IOException {
        List<Share> shares = inside == Inside.WITH_VOLUME ? directory.below(PLACE) : List.of();
        if (shares.isEmpty()) {
            return Optional.empty();
        }
        Path places = Objects.requireNonNull(shares.getFirst().hostPath().getParent()).toRealPath();
        Optional<Path> shown =
                EnclosingShare.of(
                        source.toRealPath(),
                        places,
                        name -> serves(name, access),
                        access == Access.WRITABLE,
                        MountLine.all(lines));
        if (shown.isEmpty()) {
            return Optional.empty();
        }
        Path path = places.relativize(shown.get());
        return made(PLACE + "/" + path.getName(0)).isPresent()
                ? Optional.of(SharedDirectory.GUEST_PATH + PLACE + "/" + path)
                : Optional.empty();
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
    private static String identity(Path source, List<String> lines) throws IOException {
        Submounts.View view = Submounts.of(source.toRealPath(), lines);
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
