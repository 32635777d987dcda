package io.saya.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a tree of plain directories, where no process can be, and on this host's cgroups. */
final class CgroupPlacementTest {
    @TempDir Path directory;

    private Hierarchy hierarchy(String controllers) throws IOException {
        Path mount =
                Files.createDirectories(
                        directory.resolve(controllers.isEmpty() ? "unified" : controllers));
        return new Hierarchy(controllers, mount, mount.resolve("home"));
    }

    private static List<String> recorded(CgroupPlacement placement, String member) {
        JsonObject.Builder json = JsonObject.builder();
        placement.addTo(json);
        return json.build().array(member).orElseThrow().strings();
    }

    @Test
    void whereTheParentIsThereItIsJoinedAndNowhereElse() throws Exception {
        var memory = hierarchy("memory");
        var pids = hierarchy("pids");
        Files.createDirectories(memory.mount().resolve("kubepods/pod1"));
        var placement =
                CgroupPlacement.plan(
                        CgroupPath.of("/kubepods/pod1/c1", "c1"), List.of(memory, pids));
        assertThat(recorded(placement, "cgroups"))
                .containsExactly(memory.mount() + "/kubepods/pod1/c1");
        assertThat(recorded(placement, "cgroup_homes")).containsExactly(memory.mount() + "/home");
        assertThat(recorded(placement, "cgroup_parents")).isEmpty();
        assertThat(memory.mount().resolve("kubepods/pod1")).isEmptyDirectory();
        placement.make();
        assertThat(memory.mount().resolve("kubepods/pod1/c1")).isDirectory();
        placement.remove();
        assertThat(memory.mount().resolve("kubepods/pod1")).isEmptyDirectory();
        assertThat(pids.mount()).isEmptyDirectory();
        assertThat(placement.problems()).isEmpty();
    }

    @Test
    void theLimitsOfThePodAreThoseOfTheParent() throws Exception {
        var memory = hierarchy("memory");
        var cpu = hierarchy("cpu,cpuacct");
        var pids = hierarchy("pids");
        for (var each : List.of(memory, cpu, pids)) {
            Files.createDirectories(each.mount().resolve("kubepods/pod1"));
        }
        var path = CgroupPath.of("/kubepods/pod1/c1", "c1");
        assertThat(CgroupPlacement.plan(path, List.of(memory, cpu)).podLimits())
                .isEqualTo(new PodLimits(true, OptionalLong.empty(), false, OptionalLong.empty()));
        var bytes = memory.mount().resolve("kubepods/pod1/memory.limit_in_bytes");
        var quota = cpu.mount().resolve("kubepods/pod1/cpu.cfs_quota_us");
        Files.writeString(bytes, "9223372036854771712\n");
        Files.writeString(quota, "-1\n");
        assertThat(CgroupPlacement.plan(path, List.of(memory, cpu)).podLimits())
                .isEqualTo(new PodLimits(true, OptionalLong.empty(), false, OptionalLong.empty()));
        Files.writeString(bytes, "67108864\n");
        Files.writeString(quota, "50000\n");
        Files.writeString(pids.mount().resolve("kubepods/pod1/pids.max"), "200\n");
        assertThat(CgroupPlacement.plan(path, List.of(memory, cpu, pids)).podLimits())
                .isEqualTo(
                        new PodLimits(true, OptionalLong.of(67108864), true, OptionalLong.of(200)));
    }

    @Test
    void aUnifiedHierarchyBesideOthersHidesNoLimit() throws Exception {
        var memory = hierarchy("memory");
        var unified = hierarchy("");
        Files.writeString(unified.mount().resolve("cgroup.controllers"), "hugetlb\n");
        for (var each : List.of(memory, unified)) {
            Files.createDirectories(each.mount().resolve("pods/pod1"));
        }
        Files.writeString(memory.mount().resolve("pods/pod1/memory.limit_in_bytes"), "67108864\n");
        var path = CgroupPath.of("/pods/pod1/c1", "c1");
        for (var order : List.of(List.of(memory, unified), List.of(unified, memory))) {
            assertThat(CgroupPlacement.plan(path, order).podLimits().memoryBytes())
                    .hasValue(67108864);
        }
    }

    @Test
    void theLimitsOfThePodAreReadFromAUnifiedHierarchyToo() throws Exception {
        var unified = hierarchy("");
        var pod = Files.createDirectories(unified.mount().resolve("pods/pod1"));
        Files.writeString(pod.resolve("memory.max"), "max\n");
        Files.writeString(pod.resolve("cpu.max"), "max 100000\n");
        var path = CgroupPath.of("/pods/pod1/c1", "c1");
        assertThat(CgroupPlacement.plan(path, List.of(unified)).podLimits())
                .isEqualTo(PodLimits.NONE);
        Files.writeString(pod.resolve("memory.max"), "67108864\n");
        Files.writeString(pod.resolve("cpu.max"), "50000 100000\n");
        assertThat(CgroupPlacement.plan(path, List.of(unified)).podLimits())
                .isEqualTo(
                        new PodLimits(
                                false, OptionalLong.of(67108864), true, OptionalLong.empty()));
    }

    @Test
    void aParentThatNobodyMadeIsMadeEverywhereAndGoesAsWell() throws Exception {
        var memory = hierarchy("memory");
        var pids = hierarchy("pids");
        var placement = CgroupPlacement.plan(CgroupPath.of("/a/b/c1", "c1"), List.of(memory, pids));
        assertThat(recorded(placement, "cgroup_parents"))
                .containsExactly(
                        memory.mount() + "/a",
                        memory.mount() + "/a/b",
                        pids.mount() + "/a",
                        pids.mount() + "/a/b");
        placement.make();
        assertThat(pids.mount().resolve("a/b/c1")).isDirectory();
        Files.createDirectory(pids.mount().resolve("a/other"));
        placement.remove();
        assertThat(memory.mount()).isEmptyDirectory();
        assertThat(pids.mount().resolve("a")).isDirectoryNotContaining("glob:**/b");
    }

    @Test
    void aSliceIsNeverMade() throws Exception {
        var memory = hierarchy("memory");
        var path = CgroupPath.of("a-b.slice:cri:c1", "c1");
        assertThatThrownBy(() -> CgroupPlacement.plan(path, List.of(memory)))
                .hasMessageContaining(memory.mount() + "/a.slice/a-b.slice is not there");
        Files.createDirectories(memory.mount().resolve("a.slice/a-b.slice"));
        assertThat(recorded(CgroupPlacement.plan(path, List.of(memory)), "cgroups"))
                .containsExactly(memory.mount() + "/a.slice/a-b.slice/c1");
        assertThatThrownBy(() -> CgroupPlacement.plan(path, List.of()))
                .hasMessage("no cgroup hierarchy is mounted");
    }

    @Test
    void neitherTheFreezerNorWhatOnlyTracksIsJoined() throws Exception {
        var unified = hierarchy("");
        var all =
                List.of(
                        hierarchy("freezer"),
                        hierarchy("name=systemd"),
                        hierarchy("cpu,cpuacct"),
                        unified);
        var path = CgroupPath.of("/c1", "c1");
        Files.writeString(unified.mount().resolve("cgroup.controllers"), "\n");
        assertThat(recorded(CgroupPlacement.plan(path, all), "cgroups"))
                .containsExactly(directory + "/cpu,cpuacct/c1");
        Files.writeString(unified.mount().resolve("cgroup.controllers"), "hugetlb\n");
        assertThat(recorded(CgroupPlacement.plan(path, all), "cgroups")).hasSize(2);
        Files.writeString(unified.mount().resolve("cgroup.controllers"), "");
        assertThat(recorded(CgroupPlacement.plan(path, List.of(unified)), "cgroups"))
                .containsExactly(directory + "/unified/c1");
    }

    @Test
    void aCpusetIsInheritedAndOneThatHasNothingIsNotJoined() throws Exception {
        var cpuset = hierarchy("cpuset");
        var memory = hierarchy("memory");
        Path pod = Files.createDirectory(cpuset.mount().resolve("pod1"));
        Files.createDirectory(memory.mount().resolve("pod1"));
        Files.writeString(pod.resolve("cpuset.cpus"), "\n");
        var path = CgroupPath.of("/pod1/c1", "c1");
        var both = List.of(cpuset, memory);
        assertThat(recorded(CgroupPlacement.plan(path, both), "cgroups"))
                .containsExactly(memory.mount() + "/pod1/c1");
        Files.writeString(pod.resolve("cpuset.cpus"), "0-1\n");
        Files.writeString(pod.resolve("cpuset.mems"), "0\n");
        Path own = Files.createDirectory(pod.resolve("c1"));
        Files.createFile(own.resolve("cpuset.cpus"));
        Files.writeString(own.resolve("cpuset.mems"), "");
        CgroupPlacement.plan(path, both).make();
        assertThat(own.resolve("cpuset.cpus")).hasContent("0-1");
        assertThat(own.resolve("cpuset.mems")).hasContent("0");
    }

    @Test
    void whatCannotBeMadeOrEnteredIsNamed() throws Exception {
        var memory = hierarchy("memory");
        var pids = hierarchy("pids");
        Files.createFile(pids.mount().resolve("c1"));
        var placement = CgroupPlacement.plan(CgroupPath.of("/c1", "c1"), List.of(memory, pids));
        placement.make();
        assertThat(placement.problems())
                .isEqualTo(pids.mount() + "/c1 cannot be made: something else is there");
        placement.enter(1);
        assertThat(placement.problems()).endsWith("something else is there (and 1 more)");
        placement.leave(1); // it is nowhere
        var alone = CgroupPlacement.plan(CgroupPath.of("/c1", "c1"), List.of(memory));
        alone.enter(1);
        assertThat(alone.problems())
                .isEqualTo(memory.mount() + "/c1 cannot be entered: no such file or directory");
    }

    @Test
    void killsForWantOfMemoryCountFromTheStart() throws Exception {
        var memory = hierarchy("memory");
        Path cgroup = Files.createDirectory(memory.mount().resolve("c1"));
        Files.writeString(cgroup.resolve("memory.oom_control"), "under_oom 0\noom_kill 2\n");
        var placement = CgroupPlacement.plan(CgroupPath.of("/c1", "c1"), List.of(memory));
        placement.make();
        assertThat(placement.outOfMemory()).isEmpty();
        Files.writeString(cgroup.resolve("memory.oom_control"), "under_oom 0\noom_kill 3\n");
        assertThat(placement.outOfMemory()).isEqualTo(cgroup.toString());
    }

    @Test
    void onAHostsCgroupsAProcessGoesInAndOut() throws Exception {
        var mounted = Hierarchy.mounted();
        assumeTrue(
                !mounted.isEmpty() && Files.isWritable(mounted.getFirst().mount()),
                "no writable cgroups");
        var name = "test" + ProcessHandle.current().pid();
        var placement = CgroupPlacement.plan(CgroupPath.of("/saya-" + name + "/" + name, name));
        var sleeper = new ProcessBuilder("sleep", "60").start();
        try {
            var before = Files.readString(Path.of("/proc/" + sleeper.pid() + "/cgroup"));
            placement.make();
            placement.enter(sleeper.pid());
            assertThat(placement.problems()).isEmpty();
            assertThat(Files.readString(Path.of("/proc/" + sleeper.pid() + "/cgroup")))
                    .contains("/saya-" + name + "/" + name);
            assertThatThrownBy(placement::remove)
                    .hasMessageContaining("/" + name + " (")
                    .hasMessageContaining("busy");
            placement.leave(sleeper.pid());
            assertThat(Files.readString(Path.of("/proc/" + sleeper.pid() + "/cgroup")))
                    .isEqualTo(before);
            placement.enter(sleeper.pid());
        } finally {
            sleeper.destroyForcibly().waitFor();
            placement.leave(sleeper.pid());
            placement.remove();
        }
        assertThat(recorded(placement, "cgroups")).noneMatch(path -> Files.exists(Path.of(path)));
        assertThat(recorded(placement, "cgroup_parents"))
                .noneMatch(path -> Files.exists(Path.of(path)));
    }

    @Test
    void devicesAreTheUnifiedHierarchysWhereNoOtherHasThem() throws Exception {
        var unified = hierarchy("");
        Files.writeString(unified.mount().resolve("cgroup.controllers"), "cpu memory\n");
        var path = CgroupPath.of("/default/c1", "c1");
        assertThat(CgroupPlacement.plan(path, List.of(unified)).forDevices())
                .containsExactly(unified.mount().resolve("default/c1"));
        var devices = hierarchy("devices");
        assertThat(CgroupPlacement.plan(path, List.of(unified, devices)).forDevices())
                .containsExactly(devices.mount().resolve("default/c1"));
        assertThat(CgroupPlacement.plan(path, List.of(hierarchy("memory"))).forDevices()).isEmpty();
    }
}
