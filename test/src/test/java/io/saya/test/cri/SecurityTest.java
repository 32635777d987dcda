package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.Capability;
import io.saya.proto.cri.Int64Value;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.proto.cri.SecurityProfile;
import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a pod's {@code securityContext} says, seen from inside. */
@WithProduct
final class SecurityTest extends PodSuite {

    @Test
    void aContainerRunsAsWhomItIsToldAndWithNoMoreRights() {
        var pod = sharedPod();
        var container =
                started(
                        pod,
                        "restricted",
                        LinuxContainerSecurityContext.newBuilder()
                                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                                .setRunAsGroup(Int64Value.newBuilder().setValue(2000))
                                .addSupplementalGroups(3000)
                                .setReadonlyRootfs(true)
                                .setNoNewPrivs(true)
                                .setCapabilities(Capability.newBuilder().addDropCapabilities("ALL"))
                                .build());
        assertThat(pod.exec(container, "id", "-u").out()).isEqualTo("1000\n");
        assertThat(pod.exec(container, "id", "-g").out()).isEqualTo("2000\n");
        assertThat(pod.exec(container, "id", "-G").out().strip().split(" ", -1))
                .contains("2000", "3000");
        assertThat(pod.exec(container, "touch", "/x").err()).contains("Read-only file system");
        assertThat(pod.exec(container, "cat", "/proc/self/status").out())
                .contains("CapEff:\t0000000000000000", "NoNewPrivs:\t1");
    }

    /** A volume as the kubelet prepares it where a pod has {@code fsGroup} 2000. */
    @Test
    void aSupplementaryGroupOpensItsDirectoriesAndNoOthers() throws IOException {
        var pod = sharedPod();
        var files = node().logs().resolveSibling("groups-" + pod.config().getHostname());
        var volume = directory(files.resolve("volume"), 0, 2000, 02775);
        var sticky = directory(files.resolve("sticky"), 0, 2000, 03775);
        var foreign = directory(files.resolve("foreign"), 0, 2001, 02775);
        file(volume.resolve("setid"), 0, 2000, 06775);
        file(volume.resolve("own-setid"), 1000, 3000, 06755);
        file(sticky.resolve("of-root"), 0, 2000, 0664);
        var container =
                pod.start(
                        pod.create(
                                "main",
                                config -> {
                                    Pod.mount(config, volume, "/volume", false);
                                    Pod.mount(config, volume, "/read-only", true);
                                    Pod.mount(config, sticky, "/sticky", false);
                                    Pod.mount(config, foreign, "/foreign", false);
                                    return config.addCommand("sh")
                                            .addArgs("-c")
                                            .addArgs(Pod.IDLE)
                                            .setLinux(
                                                    LinuxContainerConfig.newBuilder()
                                                            .setSecurityContext(userWithGroup()));
                                }));
        var out =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        """
                        try() { "$@" 2>/dev/null && echo "$* ok" || echo "$* refused"; }
                        cd /volume
                        try touch file
                        try mkdir directory
                        try touch directory/file
                        try ln file link
                        try ln -s file symlink
                        try mkfifo fifo
                        try mv symlink moved
                        stat -c '%n %u:%g %a' file directory directory/file moved fifo
                        echo more >> setid; stat -c '%n %a' setid
                        try chgrp 2000 own-setid; stat -c '%n %g %a' own-setid
                        try rm link
                        try touch /sticky/file
                        try rm -f /sticky/of-root
                        try mv /sticky/of-root /sticky/other
                        try touch /foreign/file
                        try touch /etc/file
                        try touch /root-file
                        try touch /read-only/file
                        try rm -f /read-only/file""");
        assertThat(out.out().lines())
                .as(out.err())
                .containsExactly(
                        "touch file ok",
                        "mkdir directory ok",
                        "touch directory/file ok",
                        "ln file link ok",
                        "ln -s file symlink ok",
                        "mkfifo fifo ok",
                        "mv symlink moved ok",
                        "file 1000:2000 644",
                        "directory 1000:2000 2755",
                        "directory/file 1000:2000 644",
                        "moved 1000:2000 777",
                        "fifo 1000:2000 644",
                        "setid 775",
                        "chgrp 2000 own-setid ok",
                        "own-setid 2000 755",
                        "rm link ok",
                        "touch /sticky/file ok",
                        "rm -f /sticky/of-root refused",
                        "mv /sticky/of-root /sticky/other refused",
                        "touch /foreign/file refused",
                        "touch /etc/file refused",
                        "touch /root-file refused",
                        "touch /read-only/file refused",
                        "rm -f /read-only/file refused");
        assertThat(Files.getAttribute(volume.resolve("directory/file"), "unix:uid"))
                .isEqualTo(1000);
        assertThat(Files.getAttribute(volume.resolve("directory/file"), "unix:gid"))
                .isEqualTo(2000);
    }

    /**
     * Programs go back to an older call where a new one does not exist, and fail where it is
     * forbidden.
     */
    @Test
    void aCallThatIsNewerThanTheProfileDoesNotExistAndAnOldOneIsForbidden() {
        // getpid; keyctl, which no profile of containerd's allows; a number that no kernel has.
        assertThat(callsUnder(SecurityProfile.getDefaultInstance()))
                .containsExactly("39 ok", "250 EPERM", "999 ENOSYS");
    }

    @Test
    void aProfileSaysWhichErrorACallGetsThatItDoesNotName() throws IOException {
        var names = new ArrayList<String>();
        for (var line :
                Files.readAllLines(
                        Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
                        StandardCharsets.US_ASCII)) {
            if (line.startsWith("#define __NR_") && !line.contains("__NR_keyctl ")) {
                names.add('"' + line.substring(13, line.indexOf(' ', 13)) + '"');
            }
        }
        var profile =
                Files.writeString(
                        node().logs().resolveSibling("profile.json"),
                        """
                        {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":28,"architectures":["SCMP_ARCH_X86_64"],
                        "syscalls":[{"names":[%s],"action":"SCMP_ACT_ALLOW"}]}"""
                                .formatted(String.join(",", names)));
        // getpid, keyctl, and a number that no kernel has.
        assertThat(callsUnder(localProfile(profile)))
                .containsExactly("39 ok", "250 ENOSPC", "999 ENOSYS");
    }

    /** The input of a container is that node where nobody gives one. */
    @Test
    void aUserWithoutInputDoesNotOwnTheNullDevice() {
        var pod = sharedPod();
        var container = started(pod, "null", userWithGroup());
        assertThat(pod.exec(container, "stat", "-c", "%u:%g %a", "/dev/null").out())
                .isEqualTo("0:0 666\n");
        // Twice: the first exec, whose input it is as well, must not have taken it either.
        assertThat(pod.exec(container, "stat", "-L", "-c", "%u:%g", "/proc/self/fd/0").out())
                .isEqualTo("0:0\n");
    }

    /** Tickets of Kerberos are there, for one, and those of root are not the other container's. */
    @Test
    void anExecHasTheKeysOfItsContainerAndOfNoOther() {
        var key = compiled("key");
        var pod = sharedPod();
        var containers = new ArrayList<String>();
        for (var name : List.of("one", "other")) {
            var container =
                    pod.start(
                            pod.create(
                                    "keys-of-" + name,
                                    config -> {
                                        Pod.mount(config, key, "/key", true);
                                        return config.addCommand("/key")
                                                .addArgs("add")
                                                .addArgs(name)
                                                .addArgs("100000");
                                    }));
            assertThat(
                            Wait.until(
                                    Duration.ofSeconds(20),
                                    () -> pod.log(container).equals(List.of("ok"))))
                    .as("it has added its key")
                    .isTrue();
            assertThat(pod.exec(container, "/key", "add", "of-exec").out()).isEqualTo("ok\n");
            containers.add(container);
        }
        var one = containers.getFirst();
        assertThat(pod.exec(one, "/key", "find", "one").out()).isEqualTo("ok\n");
        assertThat(pod.exec(one, "/key", "find", "of-exec").out()).isEqualTo("ok\n");
        assertThat(pod.exec(one, "/key", "find", "other").out()).isEqualTo("ENOKEY\n");
    }

    private static SecurityProfile localProfile(Path profile) {
        return SecurityProfile.newBuilder()
                .setProfileType(SecurityProfile.ProfileType.Localhost)
                .setLocalhostRef(profile.toString())
                .build();
    }

    /** What comes of getpid, keyctl and a number that no kernel has. */
    private Stream<String> callsUnder(SecurityProfile profile) {
        var call = compiled("call");
        var context = LinuxContainerSecurityContext.newBuilder().setSeccomp(profile);
        var pod = sharedPod();
        var container =
                pod.start(
                        pod.create(
                                "filtered-" + profile.getProfileType(),
                                config ->
                                        Pod.mount(config, call, "/call", true)
                                                .addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setSecurityContext(context))));
        return pod.exec(container, "/call", "39", "250", "999").out().lines();
    }

    /** A static program from {@code test/files}. */
    private Path compiled(String name) {
        var program = node().logs().resolveSibling(name);
        Ran.run(
                        Duration.ofSeconds(60),
                        "gcc",
                        "-static",
                        "-o",
                        program.toString(),
                        Containerd.product()
                                .resolve("../../../test/files/" + name + ".c")
                                .toString())
                .succeeded();
        return program;
    }

    private static LinuxContainerSecurityContext userWithGroup() {
        return LinuxContainerSecurityContext.newBuilder()
                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                .setRunAsGroup(Int64Value.newBuilder().setValue(3000))
                .addSupplementalGroups(2000)
                .build();
    }

    private static Path directory(Path path, int user, int group, int mode) throws IOException {
        return own(Files.createDirectories(path), user, group, mode);
    }

    private static void file(Path path, int user, int group, int mode) throws IOException {
        own(Files.createFile(path), user, group, mode);
    }

    /** The mode last: a change of owner takes set-id bits away. */
    private static Path own(Path path, int user, int group, int mode) throws IOException {
        Files.setAttribute(path, "unix:uid", user);
        Files.setAttribute(path, "unix:gid", group);
        Files.setAttribute(path, "unix:mode", mode);
        return path;
    }

    @Test
    @Tag("full")
    void aPrivilegedContainerRulesItsMachineAndNotTheHost() {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setSecurityContext(
                                                        LinuxSandboxSecurityContext.newBuilder()
                                                                .setPrivileged(true))));
        var privileged =
                started(
                        pod,
                        "privileged",
                        LinuxContainerSecurityContext.newBuilder().setPrivileged(true).build());
        var mounts = "mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && grep -c /tmp/m /proc/mounts";
        assertThat(pod.exec(privileged, "sh", "-c", mounts).out()).isEqualTo("1\n");
        var other = pod.idle("other");
        assertThat(pod.exec(other, "sh", "-c", mounts).status()).isNotZero();
    }

    private static String started(Pod pod, String name, LinuxContainerSecurityContext security) {
        return pod.start(
                pod.create(
                        name,
                        config ->
                                config.addCommand("sleep")
                                        .addArgs("100000")
                                        .setLinux(
                                                LinuxContainerConfig.newBuilder()
                                                        .setSecurityContext(security))));
    }
}
