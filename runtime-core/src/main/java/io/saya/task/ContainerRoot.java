package io.saya.task;

import io.saya.agent.GuestStorage;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.host.Host;
import io.saya.oci.ContainerKind;
import io.saya.share.ContainerShares;
import io.saya.share.DiskFile;
import io.saya.share.RootDisk;
import io.saya.share.RootLayers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A container's root file system as the guest puts it together.
 *
 * @param path the root in the guest
 * @param storages what the guest mounts first; empty: the root is shared as it is
 */
record ContainerRoot(String path, List<GuestStorage> storages) {

    /**
     * The directory in the guest where the agent keeps what belongs to a container
     * (agent-proto/api/agents.md#all-calls).
     */
    private static final String GUEST_BUNDLES = "/run/kata-containers/";

    ContainerRoot {
        storages = List.copyOf(storages);
    }

    /**
     * Returns what {@code rootfs_upper} means for a container of this kind. Nobody on the host
     * looks at what a pod's container writes; at a container started alone clients do (docker cp,
     * commit, diff), and a pause container writes nothing.
     */
    static RootfsUpper upperFor(RootfsUpper configured, ContainerKind kind, boolean readOnly) {
        if (readOnly || kind == ContainerKind.POD_SANDBOX) {
            return RootfsUpper.SHARE;
        }
        if (configured != RootfsUpper.AUTO) {
            return configured;
        }
        return kind == ContainerKind.POD_CONTAINER ? RootfsUpper.DISK : RootfsUpper.SHARE;
    }

    /**
     * Shares the root file system that is mounted at {@code root}; what the container writes goes
     * there as well.
     */
    static ContainerRoot shared(ContainerShares shares, Path root) throws IOException {
        return new ContainerRoot(shares.shareRootfs(root, false), List.of());
    }

    /** Shares the file that the root file system is in; the guest mounts it. */
    static ContainerRoot inFile(ContainerShares shares, String containerId, RootDisk disk)
            throws IOException {
        String file = shares.shareFile("disk", disk.path(), disk.readOnly());
        return mounted("loop", file, containerId, disk);
    }

    /**
     * The root file system on a disk that the guest has been given; the guest mounts it.
     *
     * @param place the disk's PCI path
     */
    static ContainerRoot onDisk(String place, String containerId, RootDisk disk) {
        return mounted("blk", place, containerId, disk);
    }

    private static ContainerRoot mounted(
            String driver, String source, String containerId, RootDisk disk) {
        List<String> options = new ArrayList<>(disk.options());
        if (disk.type().equals("ext4") && options.stream().noneMatch(ContainerRoot::isOfErrors)) {
            // As what containers write to otherwise. By default ext4 goes on where the host's disk
            // is full, and each write would fail anew.
            options.add("errors=remount-ro");
        }
        GuestStorage root =
                new GuestStorage(
                        driver,
                        List.of(),
                        source,
                        disk.type(),
                        options,
                        GUEST_BUNDLES + containerId + "/rootfs");
        return new ContainerRoot(root.mountPoint(), List.of(root));
    }

    private static boolean isOfErrors(String option) {
        return option.startsWith("errors=");
    }

    /**
     * Shares the read-only layers that are mounted at {@code root}; what the container writes goes
     * to an upper directory in the guest.
     *
     * @param upper a file system for the upper directory
     */
    static ContainerRoot layered(
            ContainerShares shares, String containerId, Path root, GuestStorage upper)
            throws IOException {
        String lower = shares.shareRootfs(root, true);
        String bundle = GUEST_BUNDLES + containerId;
        String writes = upper.mountPoint() + "/upper";
        String work = upper.mountPoint() + "/work";
        GuestStorage overlay =
                new GuestStorage(
                        "overlayfs",
                        List.of(CREATE_DIRECTORY + writes, CREATE_DIRECTORY + work),
                        "overlay",
                        "overlay",
                        List.of(
                                "lowerdir=" + lower,
                                "upperdir=" + writes,
                                "workdir=" + work,
                                ONE_DEVICE),
                        bundle + "/rootfs");
        return new ContainerRoot(overlay.mountPoint(), List.of(upper, overlay));
    }

    /**
     * All files have the device number of the root. Without it a file of the image has another one
     * than its directory, and programs that stay on one file system (tar, du, rsync) leave it out.
     */
    private static final String ONE_DEVICE = "xino=on";

    private static final String CREATE_DIRECTORY =
            "io.katacontainers.volume.overlayfs.create_directory=";

    /** Makes the file system for the upper directory; empty if the snapshot's own must do. */
    static Optional<GuestStorage> upper(
            RootfsUpper wanted,
            Host host,
            RootLayers layers,
            ContainerShares shares,
            String containerId)
            throws IOException {
        String mountPoint = GUEST_BUNDLES + containerId + "/writable";
        return switch (wanted) {
            case AUTO, SHARE -> Optional.empty();
            case TMPFS ->
                    Optional.of(
                            new GuestStorage(
                                    "ephemeral",
                                    List.of(),
                                    "tmpfs",
                                    "tmpfs",
                                    List.of("mode=0755"),
                                    mountPoint));
            case DISK -> {
                Optional<Path> disk = DiskFile.of(host, layers.upper(), DiskFile.UPPER);
                if (disk.isEmpty()) {
                    yield Optional.empty();
                }
                yield Optional.of(
                        new GuestStorage(
                                "loop",
                                List.of(),
                                shares.shareFile("upper", disk.get(), false),
                                "ext4",
                                List.of("errors=remount-ro"),
                                mountPoint));
            }
        };
    }
}
