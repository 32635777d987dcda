package io.saya.share;

import io.saya.share.HostMounts.Access;
import io.saya.share.SharedDirectory.Share;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Directories of the host that containers have as volumes. One directory is shared once, for all
 * containers of the sandbox and as long as it lives: in shares of their own they would be file
 * systems of their own to the guest, and neither a lock nor a page that one container has written
 * by {@code mmap} would be known to the other. Files are not: a kubelet makes some of them anew for
 * each container.
 */
final class SharedVolumes {
    /** No container's id begins with a dot. */
    private static final String PLACE = ".volumes/";

    private SharedVolumes() {}

    /**
     * Shares a directory, or finds that it is shared. Blocks for the host's mounts.
     *
     * @param alone without what is mounted below it
     * @return its path in the guest
     * @throws IOException if it cannot be shared
     */
    static String share(SharedDirectory directory, Path source, Access access, boolean alone)
            throws IOException {
        Submounts.View view = Submounts.of(source);
        String identity = identity(source, view);
        if (alone && view.below()) {
            return directory
                    .shareAlone(name(identity, access) + "-alone", access, source)
                    .guestPath();
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
        return Long.toHexString(
                ((Number) Files.getAttribute(source, "unix:" + attribute)).longValue());
    }

    private static String name(String identity, Access access) {
        return PLACE + identity + "-" + access.name().toLowerCase(Locale.ROOT);
    }
}
