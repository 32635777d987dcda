package io.saya.task;

import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.GuestDevice;
import io.saya.agent.GuestResources;
import io.saya.agent.GuestSpec;
import io.saya.agent.GuestStorage;
import io.saya.agent.StartError;
import io.saya.cgroup.PodLimits;
import io.saya.config.RuntimeSettings.EmptyDirMode;
import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.container.Container;
import io.saya.event.RootfsMount;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.StartPhase;
import io.saya.guest.TaskGuest;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonException;
import io.saya.oci.ContainerKind;
import io.saya.oci.OciSpec;
import io.saya.oci.OciSpec.OciMount;
import io.saya.resources.PodRoom;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import io.saya.share.ContainerShares;
import io.saya.share.HostMounts;
import io.saya.share.PodEmptyDirs;
import io.saya.share.RootDisk;
import io.saya.share.RootLayers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Makes one container: its root file system and shares on the host, its specification, the
 * container in the guest. It notes each step in the container's undo stack, which the caller
 * unwinds when a step fails.
 */
final class ContainerCreation {

    /** The file in the bundle where containerd's own shim has it. */
    private static final String PID_FILE = "init.pid";

    private final TaskGuest guest;
    private final HostMounts mounts;
    private final TaskTable table;
    private final CompletableFuture<?> stopped;
    private final Container container;
    private final OciSpec spec;
    private final int sandboxPid;
    private String phase = "";

    /**
     * @param sandboxPid the process that stands for a sandbox without a sandbox container; 0: none
     */
    ContainerCreation(Sandbox sandbox, Container container, OciSpec spec, int sandboxPid) {
        this.sandboxPid = sandboxPid;
        this.guest = sandbox.guest();
        this.mounts = new HostMounts(guest.host());
        this.table = sandbox.tasks();
        this.stopped = sandbox.stopped();
        this.container = container;
        this.spec = spec;
    }

    /**
     * Does what needs no guest that is up, so it can run while the guest boots. Returns the mounts
     * as the guest will see them.
     */
    Prepared prepare(List<RootfsMount> rootfs) {
        try {
            phase = "what it shares with the host";
            HostSharing.check(container.id(), spec, rootfs);
            phase = "root file system";
            ContainerShares shares =
                    new ContainerShares(
                            guest.shared(),
                            container.id(),
                            new PodEmptyDirs(spec.podUid()),
                            followsNoLink());
            container.resources().push("shares", () -> releaseShares(shares));
            ContainerRoot root = root(rootfs, shares);
            phase = "shared files";
            List<GuestDevice> devices = devices();
            EmptyDirVolumes volumes = volumes();
            KubeletVolumes files = files();
            Map<String, String> inGuest = new HashMap<>(volumes.inGuest());
            inGuest.putAll(files.inGuest());
            if (mayHaveSockets() && guest.details().has(AgentTrait.FORWARDS_SOCKETS)) {
                inGuest.putAll(guest.sockets().sources(spec.mounts()));
            }
            return new Prepared(
                    root,
                    devices,
                    Stream.concat(volumes.storages().stream(), files.storages().stream()).toList(),
                    shares.translate(spec.mounts(), inGuest));
        } catch (IOException | HypervisorFailure | JsonException | RuntimeFailure e) {
            throw failure(e);
        }
    }

    /**
     * Makes the container in the guest, which must be up.
     *
     * @param cpus as {@link GuestResources#of} takes them
     */
    void create(Prepared prepared, String cpus) {
        try {
            phase = "process on the host";
            int pid = container.standIn().await();
            writePid(pid);
            phase = "hooks";
            runHooks(pid);
            phase = "specification";
            PidNamespace pids = PidNamespace.of(spec, table.all(), sandboxPid);
            GuestSpec guestSpec =
                    pids.in(
                            GuestSpec.of(
                                            spec,
                                            prepared.root().path(),
                                            prepared.mounts(),
                                            guest.details().abilities(),
                                            cpus)
                                    .withDevices(prepared.devices()),
                            guest.details());
            if (container.init().io().stdin().isEmpty()) {
                guestSpec = guestSpec.withoutStdin();
            }
            phase = "in the guest";
            Agent agent = guest.requireAgent();
            container
                    .resources()
                    .push("container in the guest", () -> removeFromGuest(agent, container.id()));
            Failpoints.reach(Moment.CREATE_CONTAINER);
            agent.createContainer(
                    container.id(),
                    guestSpec,
                    podLimits(guest, container.kind()),
                    prepared.storages(),
                    pids.ofSandbox(guest.details()));
            phase = "sockets of the host";
            showSockets();
            Failpoints.reach(Moment.CREATE_ANNOUNCE);
        } catch (IOException | JsonException | RuntimeFailure e) {
            throw failure(e);
        }
    }

    /**
     * Returns what all containers of a pod may use together, as the pod's cgroup on the host has
     * it, less the memory that the machine itself needs; of a container that is started alone,
     * nothing. Processor time is limited on the host; processes of the guest can only be counted in
     * it.
     */
    static GuestResources podLimits(TaskGuest guest, ContainerKind kind) {
        if (kind == ContainerKind.SINGLE || !guest.details().abilities().limits()) {
            return GuestResources.NONE;
        }
        PodLimits pod = guest.podLimits();
        return GuestResources.ofPod(
                PodRoom.forContainers(pod.memoryBytes(), guest.machine().demandedBytes()),
                pod.processes());
    }

    /**
     * The paths and mounts of a container as the guest sees them.
     *
     * @param root the root file system in the guest
     * @param devices disks that the container itself has
     * @param volumes what the guest mounts besides
     */
    record Prepared(
            ContainerRoot root,
            List<GuestDevice> devices,
            List<GuestStorage> volumes,
            List<OciMount> mounts) {

        List<GuestStorage> storages() {
            return Stream.concat(root.storages().stream(), volumes.stream()).toList();
        }
    }

    /**
     * True if {@link #prepare} needs a guest that is up, since what the agent can do decides what
     * is made.
     */
    boolean dependsOnGuest(List<RootfsMount> rootfs) {
        return upper() != RootfsUpper.SHARE
                || mayBeOnDisk(rootfs)
                || (guest.takesDisks() && spec.givesDevices())
                || volumesOnDisks()
                || mayHaveKubeletVolumes()
                || mayHaveSockets();
    }

    /** A first look, which loads nothing while the guest boots. */
    private boolean mayBeOnDisk(List<RootfsMount> rootfs) {
        return rootfs.size() == 1
                && (rootfs.getFirst().options().contains("loop")
                        || (guest.takesDisks() && rootfs.getFirst().source().startsWith("/dev/")));
    }

    /** A container that is alone has nobody in its guest who could put a link into its volumes. */
    private boolean followsNoLink() {
        return container.kind() == ContainerKind.SINGLE
                || guest.has(AgentTrait.FOLLOWS_NO_LINK_IN_VOLUMES);
    }

    private boolean mayHaveSockets() {
        return guest.sockets().concern(spec.mounts());
    }

    private void showSockets() throws IOException {
        if (mayHaveSockets()
                && guest.details().has(AgentTrait.FORWARDS_SOCKETS)
                && guest.sockets().show(container.id(), spec.mounts())) {
            container
                    .resources()
                    .push("sockets of the host", () -> guest.sockets().forget(container.id()));
        }
    }

    private boolean mayHaveKubeletVolumes() {
        return container.kind() == ContainerKind.POD_CONTAINER
                && KubeletVolumes.among(spec.mounts());
    }

    private boolean volumesOnDisks() {
        return guest.emptyDirMode() == EmptyDirMode.BLOCK_PLAIN
                && container.kind() == ContainerKind.POD_CONTAINER;
    }

    /** Block devices of the host become disks of the guest's, or are refused. */
    private List<GuestDevice> devices() throws IOException, HypervisorFailure {
        if (!spec.givesDevices()) {
            return List.of();
        }
        List<BlockVolume> volumes = BlockVolume.of(spec);
        if (!guest.takesDisks()) {
            BlockVolume.refuse(volumes);
            return List.of();
        }
        List<GuestDevice> devices = new ArrayList<>();
        for (BlockVolume volume : volumes) {
            devices.add(new GuestDevice(plug(volume.disk()), volume.path()));
        }
        return devices;
    }

    private EmptyDirVolumes volumes() throws IOException {
        return volumesOnDisks() && guest.details().has(AgentTrait.MOUNTS_FILES)
                ? EmptyDirVolumes.of(guest.host(), guest.shared(), spec.mounts())
                : EmptyDirVolumes.NONE;
    }

    /** What a kubelet fills, read and followed from now on. */
    private KubeletVolumes files() throws IOException {
        if (!mayHaveKubeletVolumes() || !guest.details().has(AgentTrait.KEEPS_FILES)) {
            return KubeletVolumes.NONE;
        }
        KubeletVolumes files = KubeletVolumes.of(spec.mounts());
        files.followed()
                .forEach(
                        (place, told) -> {
                            container
                                    .resources()
                                    .push(
                                            TaskDescription.VOLUME + place,
                                            () -> guest.unfollow(place));
                            guest.follow(place, told);
                        });
        return files;
    }

    private RootfsUpper upper() {
        return ContainerRoot.upperFor(guest.rootfsUpper(), container.kind(), spec.rootReadOnly());
    }

    /**
     * Makes the root file system: as containerd describes it, or from its layers below an upper
     * directory in the guest.
     */
    private ContainerRoot root(List<RootfsMount> rootfs, ContainerShares shares)
            throws IOException, HypervisorFailure {
        Optional<RootDisk> disk = mayBeOnDisk(rootfs) ? RootDisk.of(rootfs) : Optional.empty();
        if (disk.isPresent()) {
            return onDisk(disk.get(), shares);
        }
        RootfsUpper wanted = upper();
        Optional<RootLayers> layers =
                wanted == RootfsUpper.SHARE || !guest.details().has(AgentTrait.MOUNTS_FILES)
                        ? Optional.empty()
                        : RootLayers.of(rootfs);
        if (layers.isPresent()) {
            Optional<GuestStorage> upper =
                    ContainerRoot.upper(wanted, guest.host(), layers.get(), shares, container.id());
            if (upper.isPresent()) {
                Path lower = mountRootfs(List.of(layers.get().lower()));
                return ContainerRoot.layered(shares, container.id(), lower, upper.get());
            }
        }
        return ContainerRoot.shared(shares, mountRootfs(rootfs));
    }

    /** Has the guest mount it, as a disk or in a file that it is shown. */
    private ContainerRoot onDisk(RootDisk root, ContainerShares shares)
            throws IOException, HypervisorFailure {
        if (guest.takesDisks()) {
            String place = plug(new VmDevice.Block(container.id(), root.path(), root.readOnly()));
            return ContainerRoot.onDisk(place, container.id(), root);
        }
        if (!guest.details().has(AgentTrait.MOUNTS_FILES)) {
            throw new IOException(
                    "the root file system is in "
                            + root.path()
                            + ", which this guest's agent cannot mount (expected: Saya's guest;"
                            + " disable_block_device_use = false in [hypervisor.qemu]; or another"
                            + " snapshotter)");
        }
        return ContainerRoot.inFile(shares, container.id(), root);
    }

    /**
     * The way back comes after, since several containers may have one disk: none may give back what
     * it has not got.
     */
    private String plug(VmDevice.Block disk) throws HypervisorFailure {
        String place = guest.plug(disk);
        container.resources().push(TaskDescription.step(disk), () -> guest.unplug(disk));
        return place;
    }

    private void runHooks(int pid) throws IOException {
        HostHooks hooks =
                new HostHooks(guest.host(), spec, container.id(), container.bundle(), stopped);
        if (hooks.any()) {
            container.resources().push("hooks", hooks::ended);
            hooks.expectEnd();
            hooks.created(pid);
            container.whenStarted(() -> hooks.started(pid));
        }
    }

    /**
     * Writes the VMM's pid for the launcher's {@code delete}, which reports the exit of a container
     * whose daemon died.
     */
    private void writePid(int pid) throws IOException {
        Path temporary = container.bundle().resolve(PID_FILE + ".new");
        Files.writeString(temporary, Integer.toString(pid));
        Files.move(temporary, container.bundle().resolve(PID_FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    private Path mountRootfs(List<RootfsMount> rootfs) throws IOException {
        Path target = container.bundle().resolve("rootfs");
        if (rootfs.isEmpty()) {
            Path root =
                    container
                            .bundle()
                            .resolve(spec.rootPath().isEmpty() ? "rootfs" : spec.rootPath());
            if (!Files.isDirectory(root)) {
                throw new IOException(
                        root
                                + " does not exist (expected: a directory with the container's"
                                + " files)");
            }
            return root;
        }
        if (!Files.isDirectory(target)) {
            Files.createDirectory(target);
        }
        for (RootfsMount mount : rootfs) {
            Path mountPoint = inside(target, mount.target());
            container.resources().push("mount " + mountPoint, () -> mounts.detach(mountPoint));
            mounts.mount(mount, mountPoint);
        }
        return target;
    }

    /**
     * Resolves containerd's {@code target} below the root file system; a link in an image must not
     * lead out of the root file system.
     */
    private static Path inside(Path rootfs, String target) throws IOException {
        if (target.isEmpty() || target.equals("/")) {
            return rootfs;
        }
        Path mountPoint =
                rootfs.resolve(target.startsWith("/") ? target.substring(1) : target).normalize();
        if (!mountPoint.startsWith(rootfs)
                || !mountPoint.toRealPath().startsWith(rootfs.toRealPath())) {
            throw new IOException(
                    "mount target " + target + " leaves the root file system " + rootfs);
        }
        return mountPoint;
    }

    static void removeFromGuest(Agent agent, String containerId) {
        try {
            agent.removeContainer(containerId);
        } catch (RuntimeFailure e) {
            switch (e.kind()) {
                case NOT_FOUND, UNAVAILABLE, INVALID_ARGUMENT -> {}
                default -> throw e;
            }
        }
    }

    static void releaseShares(ContainerShares shares) throws IOException {
        IOException problems = new IOException("some shares could not be taken back");
        shares.release(problems::addSuppressed);
        if (problems.getSuppressed().length > 0) {
            throw problems;
        }
    }

    private RuntimeFailure failure(Exception cause) {
        RuntimeFailure.Kind kind =
                switch (cause) {
                    case RuntimeFailure known -> known.kind();
                    case JsonException _ -> RuntimeFailure.Kind.INVALID_ARGUMENT;
                    default -> RuntimeFailure.Kind.INTERNAL;
                };
        String message =
                StartError.ofContainer(String.valueOf(cause.getMessage()))
                        .orElseGet(
                                () ->
                                        "cannot create container "
                                                + container.id()
                                                + ", phase "
                                                + StartPhase.CONTAINER
                                                + ", "
                                                + phase
                                                + ": "
                                                + cause.getMessage());
        return new RuntimeFailure(kind, message, cause);
    }
}
