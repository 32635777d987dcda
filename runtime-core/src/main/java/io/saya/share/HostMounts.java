package io.saya.share;

import io.saya.event.RootfsMount;
import io.saya.host.Host;
import io.saya.host.MountFlag;
import io.saya.host.UnmountFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * The mounts that a sandbox is made of, in the words of what they are for. Thread safe, blocking.
 */
public final class HostMounts {

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
        bind(source.toString(), target, true, new MountOptions(flags, Set.of(), ""));
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
