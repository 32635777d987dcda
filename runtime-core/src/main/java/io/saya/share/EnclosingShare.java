package io.saya.share;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Finds a share that shows a file or directory of the host already, below its own top: what a
 * kubelet binds for a {@code subPath}, or a directory inside another volume. A share of its own
 * would be another file system to the guest, with other locks, pages, sockets and FIFOs.
 */
final class EnclosingShare {

    /** Mount options that say who may write, and those that each share has. */
    private static final Set<String> ACCESS = Set.of("rw", "ro");

    private static final Set<String> RESTRICTED = Set.of("nosuid", "nodev");

    private EnclosingShare() {}

    /**
     * Returns the path at which one of the shares shows {@code source}. Mounts below {@code
     * source}, and other mount options than the share's, speak against it. Blocks for the host's
     * files.
     *
     * @param source a real path
     * @param shares the real path of the directory that the shares are mounted in
     * @param fits whether a share may serve, by its name
     * @param writing whether the container wants to write: where the host's mount is read-only, a
     *     share of the same directory from another place would let it
     * @param table the host's mounts
     */
    static Optional<Path> of(
            Path source,
            Path shares,
            Predicate<String> fits,
            boolean writing,
            List<MountLine> table) {
        Optional<MountLine> in = MountLine.of(source, table);
        if (in.isEmpty()
                || (writing && in.get().options().contains("ro"))
                || table.stream().anyMatch(mount -> isBelow(mount.point(), source))) {
            return Optional.empty();
        }
        Path wanted = in.get().inFileSystem(source);
        // The last one at a place is what is seen there.
        Map<Path, MountLine> places = new LinkedHashMap<>();
        for (MountLine mount : table) {
            if (shares.equals(mount.point().getParent())) {
                places.put(mount.point(), mount);
            }
        }
        for (MountLine share : places.values()) {
            if (fits.test(String.valueOf(share.point().getFileName()))
                    && share.device().equals(in.get().device())
                    && isBelow(wanted, share.root())
                    && options(share).equals(options(in.get()))) {
                Path shown = share.point().resolve(share.root().relativize(wanted).toString());
                if (table.stream().noneMatch(mount -> meets(mount.point(), share.point(), shown))
                        && same(shown, source)) {
                    return Optional.of(shown);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isBelow(Path path, Path top) {
        return path.startsWith(top) && !path.equals(top);
    }

    /** True for a mount inside a share that is on the way to a path, at it or below it. */
    private static boolean meets(Path mount, Path share, Path shown) {
        return isBelow(mount, share) && (shown.startsWith(mount) || mount.startsWith(shown));
    }

    private static Set<String> options(MountLine mount) {
        Set<String> options = new TreeSet<>(mount.options());
        options.removeAll(ACCESS);
        options.addAll(RESTRICTED);
        return options;
    }

    /**
     * Somebody may have renamed what is on the way since, or put a link there: then it is not
     * there, or another.
     */
    private static boolean same(Path one, Path other) {
        try {
            return one.toRealPath().equals(one) && attributes(one).equals(attributes(other));
        } catch (IOException e) {
            return false;
        }
    }

    private static Map<String, Object> attributes(Path file) throws IOException {
        return new HashMap<>(Files.readAttributes(file, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS));
    }
}
