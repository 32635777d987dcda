package io.saya.share;

import io.saya.oci.OciSpec.OciMount;
import io.saya.share.HostMounts.Access;
import io.saya.share.SharedDirectory.Problems;
import io.saya.share.SharedDirectory.Share;
import io.saya.share.SharedVolumes.Inside;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Shares with the guest what one container needs of the host: its root file system and the sources
 * of its bind mounts (runtime-core/kata.md#what-becomes-of-mounts). Used by one thread at a time.
 */
public final class ContainerShares {

    /** The sandbox's {@code /dev/shm}, made by the agent when the sandbox is created. */
    public static final String GUEST_SHM = "/run/kata-containers/sandbox/shm";

    /**
     * A bind mount of the host's cgroups becomes one of the container's own: the guest's whole tree
     * would show it the neighbours.
     */
    private static final String CGROUPS = "/sys/fs/cgroup";

    private static final String SHM = "/dev/shm";

    /** Without the three words crun's bind mount would take the flags of the tmpfs away. */
    private static final List<String> SHM_OPTIONS = List.of("rbind", "nosuid", "nodev", "noexec");

    private final SharedDirectory directory;
    private final String containerId;
    private final SharedVolumes volumes;
    private final List<Share> shares = new ArrayList<>();

    /**
     * @param own volumes that only the pod's containers use
     * @param followsNoLink whether the guest mounts what is inside a volume without following links
     *     there, which other containers may change at any time
     */
    public ContainerShares(
            SharedDirectory directory,
            String containerId,
            PodEmptyDirs own,
            boolean followsNoLink) {
        this.directory = directory;
        this.containerId = containerId;
        this.volumes =
                new SharedVolumes(
                        directory, own, followsNoLink ? Inside.WITH_VOLUME : Inside.BY_ITSELF);
    }

    /** Shares the root file system and returns its path in the guest. */
    public String shareRootfs(Path rootfs, boolean readOnly) throws IOException {
        return share(
                containerId + "/rootfs", rootfs, readOnly ? Access.READ_ONLY : Access.WRITABLE);
    }

    /** Shares a file and returns its path in the guest. */
    public String shareFile(String name, Path file, boolean readOnly) throws IOException {
        return share(containerId + "/" + name, file, readOnly ? Access.READ_ONLY : Access.WRITABLE);
    }

    /**
     * Returns the container's mounts with sources that exist in the guest. Mounts that the guest
     * can make by itself stay as they are.
     *
     * @param inGuest sources that the guest has in another place, by path of the host
     * @throws IOException that names the mount whose source is missing or cannot be shared
     */
    public List<OciMount> translate(List<OciMount> mounts, Map<String, String> inGuest)
            throws IOException {
        List<List<OciMount>> translated = new ArrayList<>();
        for (OciMount _ : mounts) {
            translated.add(new ArrayList<>());
        }
        for (int index : outerFirst(mounts, inGuest)) {
            OciMount mount = mounts.get(index);
            String found = inGuest.get(mount.source());
            if (mount.bind() && found != null) {
                translated
                        .get(index)
                        .add(
                                new OciMount(
                                        mount.destination(),
                                        mount.type(),
                                        found,
                                        guestOptions(mount.options())));
            } else {
                translate(mount, index, translated.get(index));
            }
        }
        return translated.stream().flatMap(List::stream).toList();
    }

    /**
     * The places of the mounts in the order in which they are to be shared: a volume before what
     * lies in it, and who writes to it before who reads it, so that both see one share.
     */
    private static List<Integer> outerFirst(List<OciMount> mounts, Map<String, String> inGuest)
            throws IOException {
        Map<Integer, Integer> rank = new HashMap<>();
        List<MountLine> table = MountLine.all();
        for (int index = 0; index < mounts.size(); index++) {
            OciMount mount = mounts.get(index);
            Path source = Path.of(mount.source());
            boolean fromHost =
                    mount.bind()
                            && !inGuest.containsKey(mount.source())
                            && !guestsOwn(mount.source())
                            && Files.exists(source);
            int readers = mount.options().contains("ro") ? 1 : 0;
            rank.put(index, fromHost ? 2 * SharedVolumes.depth(source, table) + readers : 0);
        }
        return rank.keySet().stream()
                .sorted(Comparator.<Integer>comparingInt(rank::get).thenComparing(index -> index))
                .toList();
    }

    /** The shares that another daemon has made for the container. */
    public static ContainerShares standing(SharedDirectory directory, String containerId) {
        ContainerShares shares =
                new ContainerShares(directory, containerId, PodEmptyDirs.NONE, false);
        shares.shares.addAll(directory.below(containerId));
        return shares;
    }

    /** Takes back all shares. Nothing is thrown: stop is total. */
    public void release(Problems problems) {
        for (Share share : shares.reversed()) {
            directory.release(share, problems);
        }
        shares.clear();
        volumes.leave(problems);
    }

    private void translate(OciMount mount, int index, List<OciMount> translated)
            throws IOException {
        Optional<String> modules =
                mount.bind() ? GuestModules.inPlaceOf(mount.source(), directory) : Optional.empty();
        if (mount.bind() && mount.destination().equals(SHM) && isPodsShm(mount.source())) {
            translated.add(new OciMount(mount.destination(), "bind", GUEST_SHM, SHM_OPTIONS));
        } else if (mount.bind() && mount.source().equals(CGROUPS)) {
            translated.add(
                    new OciMount(
                            mount.destination(), "cgroup", "cgroup", withoutBind(mount.options())));
        } else if (modules.isPresent()) {
            translated.add(
                    new OciMount(
                            mount.destination(),
                            mount.type(),
                            modules.get(),
                            guestOptions(mount.options())));
        } else if (mount.bind() && !guestsOwn(mount.source())) {
            translated.addAll(shared(mount, index));
        } else {
            translated.add(mount);
        }
    }

    /** A volume, and those mounts in it that the guest has to be told of. */
    private List<OciMount> shared(OciMount mount, int index) throws IOException {
        Path source = Path.of(mount.source());
        if (!Files.exists(source)) {
            throw new IOException(
                    "mount of "
                            + mount.source()
                            + " at "
                            + mount.destination()
                            + ": no such file or directory: the source must be one of the host's");
        }
        MountOptions options = MountOptions.parse(mount.options());
        options.requireSupported("mount of " + mount.source() + " at " + mount.destination());
        String guestPath =
                SharedVolumes.mayHold(source)
                        ? volumes.share(source, options)
                        : share(
                                containerId + "/" + index + "-" + baseName(mount.destination()),
                                source,
                                options.access());
        List<OciMount> mounts = new ArrayList<>();
        mounts.add(
                new OciMount(
                        mount.destination(),
                        mount.type(),
                        guestPath,
                        guestOptions(mount.options())));
        if (options.access() == Access.READ_ONLY && !options.alone() && Files.isDirectory(source)) {
            // The guest's kernel mounts them when they are first looked into, and with the flags
            // of the mount that they are met below: read-only, which only recursive read-only asks.
            for (Submounts.Writable inside : Submounts.writableBelow(source)) {
                mounts.add(
                        new OciMount(
                                mount.destination() + "/" + inside.path(),
                                "bind",
                                guestPath + "/" + inside.path(),
                                inside.options()));
            }
        }
        return mounts;
    }

    private static List<String> withoutBind(List<String> options) {
        return guestOptions(options).stream()
                .filter(option -> !option.equals("bind") && !option.equals("rbind"))
                .toList();
    }

    /**
     * True for what containerd, CRI-O and Docker mount at {@code /dev/shm} by themselves: a tmpfs
     * of the pod's, which all of them call shm, or the host's own. Anything else is a volume that
     * somebody wants there, such as an emptyDir in memory that is larger; its name is the user's
     * choice and may be shm as well.
     */
    private static boolean isPodsShm(String source) {
        return source.equals(SHM)
                || (source.endsWith("/shm") && !source.contains("/kubernetes.io~"));
    }

    /** True if a source is something that the guest's kernel offers itself. */
    private static boolean guestsOwn(String source) {
        return isBelow(source, "/proc") || isBelow(source, "/sys") || isBelow(source, "/dev");
    }

    private static boolean isBelow(String path, String top) {
        return path.equals(top) || path.startsWith(top + "/");
    }

    /**
     * Propagation cannot cross the border of the VM: a volume that asks for it is private in the
     * guest. What is to hold for all mounts below holds on the host already; those that the guest
     * makes of them have the flags of the mount itself.
     */
    private static List<String> guestOptions(List<String> options) {
        return options.stream()
                .filter(option -> !option.endsWith("shared") && !option.endsWith("slave"))
                .map(MountOptions::forOneMount)
                .toList();
    }

    private String share(String name, Path source, Access access) throws IOException {
        Share share = directory.share(name, source, access);
        shares.add(share);
        return share.guestPath();
    }

    private static String baseName(String destination) {
        String name = destination.substring(destination.lastIndexOf('/') + 1);
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < Math.min(name.length(), 64); i++) {
            char c = name.charAt(i);
            safe.append(
                    (Character.isLetterOrDigit(c) && c < 128) || c == '.' || c == '_' || c == '-'
                            ? c
                            : '_');
        }
        return safe.toString();
    }
}
