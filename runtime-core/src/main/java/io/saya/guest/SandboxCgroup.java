package io.saya.guest;

import io.saya.cgroup.CgroupPath;
import io.saya.cgroup.CgroupPlacement;
import io.saya.cgroup.PodLimits;
import io.saya.cgroup.PodMemory;
import io.saya.cgroup.SystemdScope;
import io.saya.host.Host;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.resources.BootSize;
import io.saya.resources.MachineSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts a sandbox into its pod's cgroup. The guard stands in it while it starts virtiofsd and the
 * VMM, so that these are born there and charged to it from their first page. The kernel may take
 * some 20 ms to move a process, so a thread does that once, beside what else the start has to do.
 */
public final class SandboxCgroup {
    private static final Log LOG = Log.of("cgroup");

    /**
     * How long the kernel may take to move a process; only a frozen or overloaded host takes
     * seconds.
     */
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(10);

    /**
     * How long systemd may take to make a scope; it needs some milliseconds, and on a host that is
     * overloaded more than two seconds. Within what the move is waited for: a scope that comes
     * later would take the guard away from where it was put meanwhile.
     */
    private static final Duration SYSTEMD_LIMIT = Duration.ofSeconds(8);

    /** Before its size is known. */
    private static final MachineSize NOTHING = new MachineSize(1, 1);

    /** Where the limit should have held all. */
    private static final String RAISE =
            "raise the pod's memory limit or the overhead of its RuntimeClass";

    private final SandboxIdentity identity;
    private final String cgroupsPath;
    private final boolean wanted;
    private final Duration moveLimit;
    // Written by the thread that works, read by others when it has ended.
    private volatile @Nullable CgroupPlacement placement;
    private @Nullable Exception failure;
    private boolean guardInside;
    private boolean daemonInside;
    private @Nullable Thread work;
    private boolean only;
    private volatile List<Path> entered = List.of();
    private volatile Supplier<MachineSize> machine = () -> NOTHING;

    private SandboxCgroup(SandboxIdentity identity, String cgroupsPath, boolean wanted) {
        this(identity, cgroupsPath, wanted, MOVE_LIMIT);
    }

    /**
     * @param moveLimit how long the kernel is waited for
     */
    SandboxCgroup(
            SandboxIdentity identity, String cgroupsPath, boolean wanted, Duration moveLimit) {
        this.identity = identity;
        this.cgroupsPath = cgroupsPath;
        this.wanted = wanted;
        this.moveLimit = moveLimit;
    }

    /** A sandbox whose processes stay where they are started. */
    public static SandboxCgroup none() {
        return new SandboxCgroup(
                new SandboxIdentity("", "", Path.of("/"), Path.of("/")), "", false);
    }

    /**
     * Begins to make the cgroup, to be called by the guard's child; does not wait. Until {@link
     * #release} is called, the guard and the launcher's {@code delete} undo it.
     *
     * @param identity with a run directory that exists
     * @param cgroupsPath {@code linux.cgroupsPath} of the sandbox container
     */
    public static SandboxCgroup prepare(SandboxIdentity identity, String cgroupsPath) {
        SandboxCgroup cgroup = new SandboxCgroup(identity, cgroupsPath, true);
        cgroup.begin(
                new Thread("cgroup") {
                    @Override
                    public void run() {
                        cgroup.place();
                    }
                });
        return cgroup;
    }

    /**
     * The cgroup that another daemon has made; this process goes in if that one was in.
     *
     * @param only whether the daemon is in the pod's cgroup
     */
    public static SandboxCgroup standing(SandboxIdentity identity, boolean only)
            throws IOException {
        SandboxCgroup cgroup = new SandboxCgroup(identity, "", true);
        CgroupPlacement standing = CgroupPlacement.standing(SandboxRecord.read(identity));
        cgroup.placement = standing;
        cgroup.only = only;
        cgroup.entered = standing.entered();
        if (only) {
            standing.enterAgain(ProcessHandle.current().pid());
            cgroup.daemonInside = true;
            cgroup.guardInside = true;
        }
        return cgroup;
    }

    /** Has {@code thread} do the next step. */
    void begin(Thread thread) {
        work = thread;
        thread.setDaemon(true);
        thread.start();
    }

    private void place() {
        long begun = System.nanoTime();
        try {
            long guard = parentProcess();
            CgroupPath path =
                    scope(guard).orElseGet(() -> CgroupPath.of(cgroupsPath, identity.id()));
            CgroupPlacement planned = CgroupPlacement.plan(path);
            SandboxRecord.save(identity, planned, Optional.empty());
            placement = planned;
            planned.make();
            guardInside = true;
            planned.enter(guard);
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
        LOG.debug("cgroup made and entered", "us", (System.nanoTime() - begun) / 1000);
    }

    /**
     * Has systemd make a scope with the guard in it, where the specification names a slice and
     * systemd runs. If it does not, the cgroup is a plain directory in the slice, with a warning.
     */
    private Optional<CgroupPath> scope(long guard) {
        Optional<SystemdScope> scope = SystemdScope.of(cgroupsPath, identity.id());
        Optional<SystemdScope.Endpoint> systemd =
                scope.flatMap(_ -> SystemdScope.Endpoint.firstOf(SystemdScope.Endpoint.USUAL));
        if (scope.isEmpty() || systemd.isEmpty()) {
            return Optional.empty();
        }
        try {
            scope.get().start(systemd.get(), guard, SYSTEMD_LIMIT);
            return Optional.of(scope.get().path());
        } catch (IOException e) {
            LOG.warn(
                    "systemd makes no scope for the sandbox: it gets a plain directory in the slice",
                    "slice",
                    scope.get().slice(),
                    "error",
                    e);
            return Optional.empty();
        }
    }

    /**
     * Waits until whatever the guard starts is in the cgroup.
     *
     * @param only {@code sandbox_cgroup_only}: it is an error if that is not so; else it is a
     *     warning, and the processes stay where they are started
     */
    void awaitPlaced(boolean only) throws IOException {
        if (!wanted) {
            return;
        }
        this.only = only;
        long begun = System.nanoTime();
        boolean placed = ended();
        entered = placed ? entered() : List.of();
        String problem =
                placed ? problem() : "the kernel has not moved the guard within " + moveLimit;
        LOG.debug("waited for the cgroup", "us", (System.nanoTime() - begun) / 1000);
        if (problem.isEmpty()) {
            return;
        }
        if (only) {
            throw new IOException(
                    "the sandbox cannot be put into the pod's cgroup, as sandbox_cgroup_only in"
                            + " [runtime] of the configuration wants it: "
                            + problem);
        }
        LOG.warn(
                "not (wholly) in the pod's cgroup: what is not there counts to the cgroup that"
                        + " containerd starts shims in",
                "why",
                problem);
    }

    private List<Path> entered() {
        CgroupPlacement made = placement;
        return made == null ? List.of() : made.entered();
    }

    /** Returns the directories that virtiofsd and the VMM are born in. After the wait. */
    List<Path> directories() {
        return entered;
    }

    private String problem() {
        Exception thrown = failure;
        if (thrown != null) {
            return String.valueOf(thrown.getMessage());
        }
        CgroupPlacement placed = placement;
        return placed == null ? "" : placed.problems();
    }

    /**
     * Returns what goes into the sandbox's record; null where there is no cgroup. To be asked after
     * {@link #awaitPlaced}.
     */
    @Nullable CgroupPlacement placement() {
        return placement;
    }

    /** Returns the limits of the pod's cgroup. To be asked after {@link #awaitPlaced}. */
    PodLimits podLimits() {
        CgroupPlacement placed = placement;
        return placed == null ? PodLimits.NONE : placed.podLimits();
    }

    /** What the pod's cgroup tells of its memory now. To be asked after {@link #awaitPlaced}. */
    PodMemory podMemory() {
        CgroupPlacement placed = placement;
        return placed == null ? PodMemory.UNKNOWN : placed.podMemory();
    }

    /**
     * Takes the guard back to where it was, now that the VMM runs, or puts this process into the
     * cgroup as well if all are to be there. Does not wait, also not for a kernel that has not
     * moved the guard in yet: the guard is taken out when it has.
     *
     * @param host whose guard restricts devices where Java cannot
     * @param devicesOpen done when the VMM has opened all that it needs of {@code /dev}, or has
     *     ended
     */
    void started(Host host, CompletableFuture<?> devicesOpen) {
        Thread earlier = work;
        if (earlier == null || (placement == null && !earlier.isAlive())) {
            return;
        }
        begin(
                new Thread("cgroup") {
                    @Override
                    public void run() {
                        awaitEnd(earlier);
                        CgroupPlacement placed = placement;
                        if (placed != null) {
                            settle(host, placed, devicesOpen);
                        }
                    }
                });
    }

    /**
     * Waits for the end of a thread however long it takes: what follows must be done, and no caller
     * waits for it.
     */
    private static void awaitEnd(Thread thread) {
        boolean ended = false;
        while (!ended && !Thread.currentThread().isInterrupted()) {
            ended = Waited.happens(MOVE_LIMIT, nanos -> thread.join(Duration.ofNanos(nanos)));
        }
    }

    private void settle(Host host, CgroupPlacement placed, CompletableFuture<?> devicesOpen) {
        try {
            if (only) {
                // The guard opens disks, taps and terminals' loggers in it.
                daemonInside = true;
                placed.enter(ProcessHandle.current().pid());
                if (!placed.problems().isEmpty()) {
                    LOG.error("the daemon is not in the pod's cgroup", "why", placed.problems());
                }
            } else {
                placed.leave(parentProcess());
                guardInside = false;
                // The kernel takes a list in steps, the first of which denies all.
                devicesOpen.join();
                restrictDevices(host, placed);
            }
        } catch (IOException e) {
            LOG.warn("the guard stays in the pod's cgroup", "error", e);
        }
    }

    /** QEMU and virtiofsd are alone in it now; what else they use they have open. */
    private static void restrictDevices(Host host, CgroupPlacement placed) {
        try {
            DeviceList.apply(host, placed);
        } catch (IOException e) {
            LOG.warn("the pod's cgroup does not restrict devices", "error", e);
        }
    }

    /** Notes what is in it, by whose size it is said how much memory the pod should have. */
    void holds(Supplier<MachineSize> size) {
        machine = size;
    }

    /**
     * Says for the message of a VMM that was killed whether memory was the reason, and what to do;
     * empty if it was not.
     */
    String outOfMemory() {
        CgroupPlacement placed = placement;
        String where = placed == null ? "" : placed.outOfMemory();
        return where.isEmpty()
                ? ""
                : " (the kernel killed it: out of memory in cgroup "
                        + where
                        + "; "
                        + BootSize.tooLarge(machine.get(), podLimits()).orElse(RAISE)
                        + ", or lower default_memory in [hypervisor.qemu])";
    }

    /**
     * Takes guard and daemon out and removes the cgroup; what else was in it has ended.
     *
     * @throws IOException if it stays; the guard, or who cleans up after it, tries again
     */
    void release() throws IOException {
        if (!ended()) {
            throw new IOException(
                    "the sandbox's cgroup stays: the kernel has not moved the guard within "
                            + moveLimit);
        }
        CgroupPlacement placed = placement;
        if (placed == null) {
            return;
        }
        if (daemonInside) {
            placed.leave(ProcessHandle.current().pid());
            daemonInside = false;
        }
        if (guardInside) {
            placed.leave(parentProcess());
            guardInside = false;
        }
        placed.remove();
    }

    private boolean ended() {
        Thread working = work;
        if (working == null) {
            return true;
        }
        return Waited.happens(moveLimit, nanos -> working.join(Duration.ofNanos(nanos)));
    }

    /**
     * Returns the pid of the guard, by {@code /proc/self/stat}; {@link ProcessHandle} would start a
     * thread.
     */
    private static long parentProcess() throws IOException {
        String stat =
                new String(Files.readAllBytes(Path.of("/proc/self/stat")), StandardCharsets.UTF_8);
        // The name may hold anything, parentheses and blanks too.
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[1]);
    }
}
