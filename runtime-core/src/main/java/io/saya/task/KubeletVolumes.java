package io.saya.task;

import io.saya.agent.GuestStorage;
import io.saya.log.Log;
import io.saya.oci.OciSpec.OciMount;
import io.saya.share.KubeletVolume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The volumes of a container that a kubelet fills and changes, as files of the guest's own: there,
 * who watches them learns of a change, which a shared file system tells nobody.
 *
 * @param inGuest path of the host by which a mount names its volume, to the volume in the guest
 * @param storages what the guest makes for them
 * @param followed what is to be followed, by its path in the guest
 */
record KubeletVolumes(
        Map<String, String> inGuest,
        List<GuestStorage> storages,
        Map<String, KubeletVolume.Told> followed) {

    /** The guest has one copy for all containers of the pod. */
    private static final String PLACE = "/run/kata-containers/sandbox/volumes/";

    /** Of one volume, and of all that a container has: they travel in one message. */
    private static final int MOST_BYTES = 1 << 20;

    private static final Log LOG = Log.of("volumes");

    static final KubeletVolumes NONE = new KubeletVolumes(Map.of(), List.of(), Map.of());

    KubeletVolumes {
        inGuest = Map.copyOf(inGuest);
        storages = List.copyOf(storages);
        followed = Map.copyOf(followed);
    }

    /** True if there may be one among a container's mounts; a look at their names. */
    static boolean among(List<OciMount> mounts) {
        return mounts.stream().anyMatch(KubeletVolumes::mayBe);
    }

    /**
     * Reads the volumes among a container's mounts. Those that the container may write to, and what
     * is too large, are left to the shared file system. Blocks.
     *
     * @throws IOException that names the volume that cannot be read
     */
    static KubeletVolumes of(List<OciMount> mounts) throws IOException {
        Map<String, String> inGuest = new HashMap<>();
        List<GuestStorage> storages = new ArrayList<>();
        Map<String, KubeletVolume.Told> followed = new HashMap<>();
        int left = MOST_BYTES;
        for (OciMount mount : mounts) {
            if (!mayBe(mount) || inGuest.containsKey(mount.source())) {
                continue;
            }
            KubeletVolume volume = KubeletVolume.of(Path.of(mount.source())).orElseThrow();
            Optional<KubeletVolume.Content> content = volume.read(left);
            if (content.isEmpty()) {
                LOG.info(
                        "a volume is shared as it is, and its watchers do not learn of changes",
                        "volume",
                        volume.directory(),
                        "expected",
                        "what a kubelet fills, with at most " + left + " bytes");
                continue;
            }
            left -= content.get().bytes();
            String place = PLACE + volume.name();
            storages.add(GuestStorage.ofFiles(place, content.get().files()));
            inGuest.put(mount.source(), place);
            followed.put(place, new KubeletVolume.Told(volume, content.get().version()));
        }
        return new KubeletVolumes(inGuest, storages, followed);
    }

    private static boolean mayBe(OciMount mount) {
        return mount.bind()
                && mount.options().contains("ro")
                && KubeletVolume.of(Path.of(mount.source())).isPresent();
    }
}
