package io.saya.cgroup;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directories of a sandbox's cgroup, one for each hierarchy that limits or counts. What cannot
 * be made or entered is left out and becomes a {@link #problems problem}; the rest goes on. Limits
 * are those of the parent; none are set here. Methods wait for the kernel only. Not thread safe:
 * one owner at a time.
 */
public final class CgroupPlacement {

    /**
     * The kernel counts a process as there until it is all gone, some milliseconds after its parent
     * was told.
     */
    private static final Duration EMPTY_LIMIT = Duration.ofMillis(500);

    /** The hierarchy of version 1 by which systemd knows the processes of its units. */
    private static final String SYSTEMD = "name=systemd";

    private final List<CgroupDirectory> directories;
    private final List<CgroupDirectory> unusable = new ArrayList<>();
    private final List<CgroupDirectory> entered = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private long killedBefore;

    private CgroupPlacement(List<CgroupDirectory> directories) {
        this.directories = directories;
    }

    /**
     * Finds out where the cgroup will be; makes nothing.
     *
     * @throws IOException that says why it cannot be anywhere
     */
    public static CgroupPlacement plan(CgroupPath path) throws IOException {
        return plan(path, Hierarchy.mounted());
    }

    static CgroupPlacement plan(CgroupPath path, List<Hierarchy> mounted) throws IOException {
        List<CgroupDirectory> below = new ArrayList<>();
        List<CgroupDirectory> beside = new ArrayList<>();
        for (Hierarchy hierarchy : mounted) {
            boolean units = path.scope() && hierarchy.controllers().equals(SYSTEMD);
            if (!units && !counts(hierarchy, mounted.size())) {
                continue;
            }
            Path parent =
                    path.parent().isEmpty()
                            ? hierarchy.mount()
                            : hierarchy.mount().resolve(path.parent().substring(1));
            List<Path> missing = missing(parent);
            if (missing.isEmpty() && hierarchy.has("cpuset") && noProcessors(parent)) {
                continue;
            }
            (missing.isEmpty() ? below : beside)
                    .add(new CgroupDirectory(hierarchy, parent.resolve(path.name()), missing));
        }
        // A kubelet makes a pod's cgroup wherever it limits something. Where nobody has made a
        // parent, as for the containers of ctr, runc makes it everywhere.
        if (below.isEmpty() && (beside.isEmpty() || path.slice())) {
            throw new IOException(
                    beside.isEmpty()
                            ? "no cgroup hierarchy is mounted"
                            : beside.getFirst().path().getParent()
                                    + " is not there (expected: a slice that systemd has made)");
        }
        return new CgroupPlacement(below.isEmpty() ? beside : below);
    }

    /**
     * The directories that another daemon has made and entered, as {@link #addTo} wrote them down.
     */
    public static CgroupPlacement standing(JsonObject record) throws IOException {
        List<CgroupDirectory> found = new ArrayList<>();
        List<Hierarchy> mounted = Hierarchy.mounted();
        List<String> parents = record.array("cgroup_parents").orElse(JsonArray.EMPTY).strings();
        List<String> paths = record.array("cgroups").orElse(JsonArray.EMPTY).strings();
        List<String> homes = record.array("cgroup_homes").orElse(JsonArray.EMPTY).strings();
        for (int i = 0; i < paths.size(); i++) {
            Path path = Path.of(paths.get(i));
            for (Hierarchy hierarchy : mounted) {
                if (path.startsWith(hierarchy.mount())) {
                    Path home = i < homes.size() ? Path.of(homes.get(i)) : hierarchy.home();
                    found.add(
                            new CgroupDirectory(
                                    new Hierarchy(hierarchy.controllers(), hierarchy.mount(), home),
                                    path,
                                    parents.stream()
                                            .map(Path::of)
                                            .filter(path::startsWith)
                                            .toList()));
                    break;
                }
            }
        }
        CgroupPlacement placement = new CgroupPlacement(found);
        placement.entered.addAll(found);
        CgroupDirectory memory = placement.memory();
        placement.killedBefore = memory == null ? 0 : memory.killed();
        return placement;
    }

    /**
     * Named hierarchies are systemd's and track units: a scope is one, all else is none. Into v1's
     * freezer nothing goes either: a frozen process there does not die by SIGKILL, so Kill would
     * depend on whoever froze the pod. A unified hierarchy without controllers beside v1's does
     * nothing.
     */
    private static boolean counts(Hierarchy hierarchy, int hierarchies) {
        if (hierarchy.unified()) {
            return hierarchies == 1
                    || !CgroupDirectory.text(hierarchy.mount().resolve("cgroup.controllers"))
                            .isBlank();
        }
        return !hierarchy.controllers().startsWith("name=") && !hierarchy.has("freezer");
    }

    /** Nobody has given this cpuset of v1 anything: no process can be in it or below. */
    private static boolean noProcessors(Path parent) {
        return CgroupDirectory.text(parent.resolve("cpuset.cpus")).isBlank();
    }

    private static List<Path> missing(Path directory) {
        List<Path> missing = new ArrayList<>();
        Path above = directory;
        while (above != null && !Files.isDirectory(above)) {
            missing.addFirst(above);
            above = above.getParent();
        }
        return missing;
    }

    /** Reads the limits of the parent; a short read for each. */
    public PodLimits podLimits() {
        String memory = "";
        String cpu = "";
        String processes = "";
        boolean kubelets = false;
        for (CgroupDirectory directory : directories) {
            Path pod = directory.path().resolveSibling("");
            kubelets |= pod.toString().contains("kubepods");
            Hierarchy hierarchy = directory.hierarchy();
            if (hierarchy.unified()) {
                memory = first(memory, pod.resolve("memory.max"));
                cpu = first(cpu, pod.resolve("cpu.max"));
                processes = first(processes, pod.resolve("pids.max"));
            } else {
                memory = first(memory, pod.resolve("memory.limit_in_bytes"));
                cpu = first(cpu, pod.resolve("cpu.cfs_quota_us"));
                processes = first(processes, pod.resolve("pids.max"));
            }
        }
        return new PodLimits(
                kubelets,
                PodLimits.number(memory),
                PodLimits.quota(cpu),
                PodLimits.number(processes));
    }

    /** Reads what the parent tells of its memory; two or three short reads. */
    public PodMemory podMemory() {
        CgroupDirectory memory = memory();
        if (memory == null) {
            return PodMemory.UNKNOWN;
        }
        Path pod = memory.path().resolveSibling("");
        return PodMemory.of(
                CgroupDirectory.text(
                        pod.resolve(
                                memory.hierarchy().unified()
                                        ? "memory.max"
                                        : "memory.limit_in_bytes")),
                CgroupDirectory.text(pod.resolve("memory.stat")),
                memory.hierarchy().unified()
                        ? CgroupDirectory.text(pod.resolve("memory.pressure"))
                        : "");
    }

    /** A file is in one hierarchy alone: on a hybrid host the unified one has few of them. */
    private static String first(String known, Path file) {
        return known.isEmpty() ? CgroupDirectory.text(file) : known;
    }

    /** Adds to {@code record.json} what is to be undone after a crash. */
    public void addTo(JsonObject.Builder record) {
        List<JsonValue> paths = new ArrayList<>();
        List<JsonValue> homes = new ArrayList<>();
        List<JsonValue> parents = new ArrayList<>();
        for (CgroupDirectory directory : directories) {
            paths.add(new JsonString(directory.path().toString()));
            homes.add(new JsonString(directory.hierarchy().home().toString()));
            for (Path parent : directory.missing()) {
                parents.add(new JsonString(parent.toString()));
            }
        }
        record.put("cgroups", new JsonArray(paths));
        record.put("cgroup_homes", new JsonArray(homes));
        record.put("cgroup_parents", new JsonArray(parents));
    }

    /** Makes the directories. */
    public void make() {
        for (CgroupDirectory directory : directories) {
            try {
                directory.make();
            } catch (IOException e) {
                unusable(directory, "made", e);
            }
        }
        CgroupDirectory memory = memory();
        killedBefore = memory == null ? 0 : memory.killed();
    }

    /**
     * Moves a process into the cgroup; the processes that it starts from then on are born there.
     */
    public void enter(long pid) {
        for (CgroupDirectory directory : directories) {
            if (!unusable.contains(directory)) {
                try {
                    directory.enter(pid);
                    entered.add(directory);
                } catch (IOException e) {
                    unusable(directory, "entered", e);
                }
            }
        }
    }

    /** Moves a further process into the directories that others are in. */
    public void enterAgain(long pid) throws IOException {
        for (CgroupDirectory directory : entered) {
            directory.enter(pid);
        }
    }

    /** Directories that {@link #enter} led into. */
    public List<Path> entered() {
        return entered.stream().map(CgroupDirectory::path).toList();
    }

    /**
     * The directories that devices are allowed and denied in: that of the hierarchy of version 1
     * for them, else that of version 2, else none.
     */
    public List<Path> forDevices() {
        boolean list = directories.stream().anyMatch(each -> each.hierarchy().has("devices"));
        return directories.stream()
                .filter(each -> list ? each.hierarchy().has("devices") : each.hierarchy().unified())
                .filter(each -> !unusable.contains(each))
                .map(CgroupDirectory::path)
                .toList();
    }

    private void unusable(CgroupDirectory directory, String what, IOException e) {
        unusable.add(directory);
        problems.add(directory.path() + " cannot be " + what + ": " + CgroupDirectory.cause(e));
    }

    /** Moves a process back to where this one was at first; one that has ended is not missed. */
    public void leave(long pid) throws IOException {
        for (CgroupDirectory directory : entered) {
            try {
                directory.leave(pid);
            } catch (IOException e) {
                if (Files.exists(Path.of("/proc/" + pid))) {
                    throw new IOException(
                            "process "
                                    + pid
                                    + " cannot leave "
                                    + directory.path()
                                    + ": "
                                    + CgroupDirectory.cause(e),
                            e);
                }
            }
        }
    }

    /**
     * Removes the directories; waits for half a second at most for the kernel to let go of
     * processes that have ended.
     *
     * @throws IOException that names those which stay
     */
    public void remove() throws IOException {
        long deadline = System.nanoTime() + EMPTY_LIMIT.toNanos();
        List<String> left = new ArrayList<>();
        for (CgroupDirectory directory : directories) {
            try {
                directory.remove(deadline);
            } catch (IOException e) {
                left.add(directory.path() + " (" + CgroupDirectory.cause(e) + ")");
            }
        }
        if (!left.isEmpty()) {
            throw new IOException("not removed: " + String.join(", ", left));
        }
    }

    /**
     * Returns what did not work so far, with directory and cause: the first, which is mostly what
     * is wrong with all, and how many more. Empty if all worked.
     */
    public String problems() {
        return problems.size() < 2
                ? String.join("", problems)
                : problems.getFirst() + " (and " + (problems.size() - 1) + " more)";
    }

    /**
     * Returns the cgroup in which the kernel has killed a process for want of memory; empty if it
     * has killed none.
     */
    public String outOfMemory() {
        CgroupDirectory memory = memory();
        return memory != null && memory.killed() > killedBefore ? memory.path().toString() : "";
    }

    private @Nullable CgroupDirectory memory() {
        CgroupDirectory unified = null;
        for (CgroupDirectory directory : directories) {
            if (directory.hierarchy().has("memory")) {
                return directory;
            }
            if (directory.hierarchy().unified()) {
                unified = directory;
            }
        }
        return unified;
    }
}
