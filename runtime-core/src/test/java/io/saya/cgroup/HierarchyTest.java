package io.saya.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class HierarchyTest {
    private static final String V1 =
            """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
            41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw,nsdelegate
            """;
    private static final String V1_OWN =
            """
            9:name=systemd:/system.slice/containerd.service
            4:memory:/
            1:cpu,cpuacct:/system.slice/containerd.service
            0::/system.slice/containerd.service
            """;

    @Test
    void allHierarchiesAreFoundWithWhereThisProcessIs() {
        assertThat(Hierarchy.of(V1, V1_OWN))
                .containsExactly(
                        new Hierarchy(
                                "cpu,cpuacct",
                                Path.of("/sys/fs/cgroup/cpu,cpuacct"),
                                Path.of(
                                        "/sys/fs/cgroup/cpu,cpuacct/system.slice/containerd.service")),
                        new Hierarchy(
                                "memory",
                                Path.of("/sys/fs/cgroup/memory"),
                                Path.of("/sys/fs/cgroup/memory")),
                        new Hierarchy(
                                "name=systemd",
                                Path.of("/sys/fs/cgroup/systemd"),
                                Path.of("/sys/fs/cgroup/systemd/system.slice/containerd.service")),
                        new Hierarchy(
                                "",
                                Path.of("/sys/fs/cgroup/uni fied"),
                                Path.of(
                                        "/sys/fs/cgroup/uni fied/system.slice/containerd.service")));
    }

    @Test
    void theUnifiedOneAlone() {
        assertThat(
                        Hierarchy.of(
                                "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate",
                                "0::/system.slice/containerd.service\n"))
                .containsExactly(
                        new Hierarchy(
                                "",
                                Path.of("/sys/fs/cgroup"),
                                Path.of("/sys/fs/cgroup/system.slice/containerd.service")));
    }

    @Test
    void whereAPartIsMountedTheOwnPathIsBelowIt() {
        // In a container without a cgroup namespace.
        assertThat(
                        Hierarchy.of(
                                "9 1 0:29 /docker/ab /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids",
                                "8:pids:/docker/ab/inner"))
                .containsExactly(
                        new Hierarchy(
                                "pids",
                                Path.of("/sys/fs/cgroup/pids"),
                                Path.of("/sys/fs/cgroup/pids/inner")));
        // Out of the namespace's root: there is nothing to go back to but the top.
        assertThat(
                        Hierarchy.of(
                                "9 1 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
                                "8:pids:/../other"))
                .extracting(Hierarchy::home)
                .containsExactly(Path.of("/sys/fs/cgroup/pids"));
    }

    @Test
    void allOfAHierarchyCountsMoreThanAPartOfIt() {
        String part = "8 1 0:29 /kubepods/p /run/c/sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n";
        String whole = "9 1 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
        for (String order : new String[] {part + whole, whole + part, whole + whole}) {
            assertThat(Hierarchy.of(order, "8:pids:/a"))
                    .extracting(Hierarchy::mount)
                    .containsExactly(Path.of("/sys/fs/cgroup/pids"));
        }
    }

    @Test
    void aHostWithoutCgroupsHasNone() {
        assertThat(Hierarchy.of("31 23 0:28 / / rw - ext4 /dev/vda rw\n", "")).isEmpty();
    }
}
