package io.saya.share;

import io.saya.event.RootfsMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A root file system on a disk: in a file, as containerd's blockfile and erofs snapshotters have
 * it, which is a mount of the file with the word {@code loop}; or on a block device, as its
 * devmapper snapshotter has it. The guest mounts it itself. The host never mounts such a file, nor
 * a device that it has handed to a guest.
 *
 * @param path on the host
 * @param device whether it is a block device and not a file
 * @param type ext4, xfs or erofs
 * @param options for the guest's mount
 */
public record RootDisk(Path path, boolean device, String type, List<String> options) {

    private static final Set<String> TYPES = Set.of("ext4", "xfs", "erofs");
    private static final String LOOP = "loop";
    private static final List<String> SELINUX =
            List.of("context=", "fscontext=", "defcontext=", "rootcontext=");

    /** What stat(2) has of the kind of a file, and what of that means a block device. */
    private static final int KIND = 0170000;

    private static final int BLOCK = 0060000;

    public RootDisk {
        options = List.copyOf(options);
    }

    /** Recognizes containerd's mounts; empty if they are anything but one file or device. */
    public static Optional<RootDisk> of(List<RootfsMount> mounts) {
        if (mounts.size() != 1) {
            return Optional.empty();
        }
        RootfsMount mount = mounts.getFirst();
        Path path = Path.of(mount.source());
        boolean loop = mount.options().contains(LOOP);
        if (!TYPES.contains(mount.type())
                || !mount.target().replace("/", "").isEmpty()
                || !(loop ? Files.isRegularFile(path) : isBlockDevice(path))) {
            return Optional.empty();
        }
        return Optional.of(
                new RootDisk(
                        path,
                        !loop,
                        mount.type(),
                        mount.options().stream()
                                .filter(word -> !word.equals(LOOP) && !isOfSelinux(word))
                                .toList()));
    }

    /**
     * True for labels that containerd adds on a host with SELinux. They are of the host's policy,
     * and the file systems of a kernel without SELinux refuse the words.
     */
    private static boolean isOfSelinux(String word) {
        for (String name : SELINUX) {
            if (word.startsWith(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isBlockDevice(Path path) {
        try {
            return ((int) Files.getAttribute(path, "unix:mode") & KIND) == BLOCK;
        } catch (IOException _) {
            return false; // the host's mount, which is tried then, says why
        }
    }

    /** True if nobody writes to it. */
    public boolean readOnly() {
        return options.contains("ro");
    }
}
