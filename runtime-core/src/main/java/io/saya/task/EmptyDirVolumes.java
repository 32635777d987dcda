package io.saya.task;

import io.saya.agent.GuestStorage;
import io.saya.host.Host;
import io.saya.oci.OciSpec.OciMount;
import io.saya.share.EmptyDirDisk;
import io.saya.share.SharedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The emptyDir volumes of a container that lie on disks of the guest's own.
 *
 * @param inGuest path of the host by which a mount names its volume, to the volume in the guest
 * @param storages what the guest mounts for them
 */
record EmptyDirVolumes(Map<String, String> inGuest, List<GuestStorage> storages) {

    /**
     * The mount point of a volume in the guest, which mounts it once for all containers that name
     * it.
     */
    private static final String MOUNTED = "/run/kata-containers/sandbox/emptydir/";

    static final EmptyDirVolumes NONE = new EmptyDirVolumes(Map.of(), List.of());

    EmptyDirVolumes {
        inGuest = Map.copyOf(inGuest);
        storages = List.copyOf(storages);
    }

    /**
     * Finds the emptyDir volumes among a container's mounts and makes the disks that are not there
     * yet. Blocks.
     *
     * @throws IOException that names the disk that cannot be made
     */
    static EmptyDirVolumes of(Host host, SharedDirectory directory, List<OciMount> mounts)
            throws IOException {
        Map<String, String> inGuest = new HashMap<>();
        List<GuestStorage> storages = new ArrayList<>();
        for (OciMount mount : mounts) {
            if (!mount.bind() || inGuest.containsKey(mount.source())) {
                continue;
            }
            Optional<EmptyDirDisk> disk = EmptyDirDisk.of(host, directory, Path.of(mount.source()));
            if (disk.isPresent()) {
                GuestStorage volume = volume(disk.get());
                storages.add(fileSystem(disk.get()));
                storages.add(volume);
                inGuest.put(mount.source(), volume.mountPoint());
            }
        }
        return new EmptyDirVolumes(inGuest, storages);
    }

    private static GuestStorage fileSystem(EmptyDirDisk disk) {
        return new GuestStorage(
                "loop",
                List.of(),
                disk.file(),
                "ext4",
                List.of("errors=remount-ro"),
                MOUNTED + disk.name());
    }

    /** A directory of the disk, so that containers do not see the disk's own lost+found. */
    private static GuestStorage volume(EmptyDirDisk disk) {
        List<String> options = new ArrayList<>();
        options.add("mode=" + Integer.toOctalString(disk.mode()));
        if (disk.group() != 0) {
            options.add("fsgid=" + disk.group());
        }
        return new GuestStorage(
                "local", List.of(), "local", "local", options, MOUNTED + disk.name() + "/volume");
    }
}
