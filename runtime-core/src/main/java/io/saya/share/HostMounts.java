package io.saya.share;

import io.saya.event.RootfsMount;
import io.saya.host.Host;
import io.saya.host.HostFailure;
import io.saya.host.MountFlag;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * Makes the mounts that a sandbox consists of, in the words of what they are for. Thread safe,
 * blocking.
 */
public final class HostMounts {

    /** The kernel has no such system call. */
    private static final int ENOSYS = 38;

    private final Host host;

    public HostMounts(Host host) {
        this.host = host;
    }

    /**
     * Mounts as {@code mount -t type -o options source target} would, for everything the three may
     * say.
     */
    public void mount(RootfsMount mount, Path target) throws IOException {
        MountOptions options = MountOptions.parse(mount.options());
        options.requireSupported("mount of " + mount.source() + " at " + target);
        if (options.bind() || mount.type().equals("bind")) {
            boolean recursive = options.flags().contains(MountFlag.REC) || !options.bind();
            bind(mount.source(), target, recursive, options);
        } else {
            host.mount(mount.source(), target, mount.type(), options.flags(), options.data());
        }
        if (!options.propagation().isEmpty()) {
            host.mount("", target, "", options.propagation(), "");
        }
    }

    /** Makes {@code source}, with what is mounted below it, appear at {@code target}. */
    public void bind(Path source, Path target, boolean readOnly) throws IOException {
        EnumSet<MountFlag> flags = EnumSet.noneOf(MountFlag.class);
        if (readOnly) {
            flags.add(MountFlag.RDONLY);
        }
        bind(source.toString(), target, true, MountOptions.of(flags));
    }

    /** Makes {@code source} appear at {@code target}, and nothing of what is mounted below it. */
    public void bindAlone(Path source, Path target) throws IOException {
        bind(source.toString(), target, false, MountOptions.of(Set.of()));
    }

    /** Changes how mounts below {@code target} spread. */
    public void propagate(Path target, MountFlag how) throws IOException {
        host.mount("", target, "", EnumSet.of(how), "");
    }

    /** Changes how this mount and all mounts below it spread. */
    public void propagateAll(Path target, MountFlag how) throws IOException {
        host.mount("", target, "", EnumSet.of(how, MountFlag.REC), "");
    }

    /**
     * Makes a bind mount read-only; mounts below it keep what they have, as with Kubernetes' {@code
     * readOnly}.
     */
    public void readOnly(Path target) throws IOException {
        host.mount(
                "",
                target,
                "",
                EnumSet.of(MountFlag.BIND, MountFlag.REMOUNT, MountFlag.RDONLY),
                "");
    }

    /**
     * Makes a bind of a source of the host's fit to be shown to a guest: cut off from its source,
     * and without devices and set-uid programs for whoever finds on the host what a guest put
     * there. All of it holds for the mounts below as well.
     *
     * @throws IOException if the kernel cannot make all mounts below read-only, before Linux 5.12,
     *     and is asked to
     */
    public void restrict(Path target, Access access) throws IOException {
        EnumSet<MountFlag> flags = EnumSet.of(MountFlag.NOSUID, MountFlag.NODEV);
        if (access == Access.READ_ONLY) {
            readOnly(target);
        } else if (access == Access.READ_ONLY_THROUGHOUT) {
            flags.add(MountFlag.RDONLY);
        }
        EnumSet<MountFlag> throughout =
                EnumSet.of(MountFlag.REMOUNT, MountFlag.BIND, MountFlag.REC, MountFlag.SLAVE);
        throughout.addAll(flags);
        try {
            host.mount("", target, "", throughout, "");
        } catch (HostFailure e) {
            if (e.errno() != ENOSYS) {
                throw e;
            }
            restrictOneByOne(target, access, flags, e);
        }
    }

    /** Where the kernel has no mount_setattr(2): only the mount itself gets the flags. */
    private void restrictOneByOne(
            Path target, Access access, EnumSet<MountFlag> flags, HostFailure cause)
            throws IOException {
        if (access == Access.READ_ONLY_THROUGHOUT) {
            throw new IOException(
                    "recursive read-only (rro) at "
                            + target
                            + ": the kernel cannot make the mounts below it read-only (expected:"
                            + " Linux 5.12 or later; or ro instead of rro)",
                    cause);
        }
        propagateAll(target, MountFlag.SLAVE);
        flags.addAll(EnumSet.of(MountFlag.REMOUNT, MountFlag.BIND));
        if (access == Access.READ_ONLY) {
            flags.add(MountFlag.RDONLY);
        }
        host.mount("", target, "", flags, "");
    }

    /** The access that a guest has to what it is shown. */
    public enum Access {
        WRITABLE,
        /** Mounts below keep what they have, as with Kubernetes' {@code readOnly}. */
        READ_ONLY,
        /** Mounts below as well, as with Kubernetes' {@code recursiveReadOnly}. */
        READ_ONLY_THROUGHOUT
    }

    /**
     * Unmounts, even if the mount is in use: it disappears from the tree now and is released with
     * its last user.
     */
    public void detach(Path target) throws IOException {
        host.unmount(target, EnumSet.of(UnmountFlag.DETACH, UnmountFlag.NOFOLLOW));
    }

    private void bind(String source, Path target, boolean recursive, MountOptions options)
            throws IOException {
        EnumSet<MountFlag> first = EnumSet.of(MountFlag.BIND);
        if (recursive) {
            first.add(MountFlag.REC);
        }
        host.mount(source, target, "", first, "");
        // The kernel ignores all other flags at the bind itself: they need a remount.
        EnumSet<MountFlag> rest = EnumSet.noneOf(MountFlag.class);
        rest.addAll(options.flags());
        rest.removeAll(EnumSet.of(MountFlag.BIND, MountFlag.REC));
        if (!rest.isEmpty()) {
            rest.addAll(EnumSet.of(MountFlag.BIND, MountFlag.REMOUNT));
            try {
                host.mount("", target, "", rest, "");
            } catch (IOException e) {
                // Half a mount, writable where read-only was asked for, must not stay.
                try {
                    detach(target);
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }
    }
}
