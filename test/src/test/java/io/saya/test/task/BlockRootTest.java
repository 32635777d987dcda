package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.types.Mount;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Root file systems that go to the guest as disks: in files, as containerd's blockfile snapshotter
 * has them, and on devices, as its devmapper snapshotter has them.
 */
@WithProduct
final class BlockRootTest extends ShimSuite {

    /** What the first process does: tells where its root is, writes to it, waits. */
    private static final String SCRIPT =
            "grep ' / ' /proc/mounts | cut -d' ' -f1,3; echo kept > /bin/written; sync; echo ready; exec sleep 1000";

    private final List<Path> devices = new ArrayList<>();

    @AfterEach
    void detachDevices() {
        for (var device : devices) {
            var _ = Ran.run(Shim.LIMIT, "losetup", "-d", device.toString());
        }
        devices.clear();
    }

    @Test
    void aFileIsADiskOfTheGuestsAlone() throws Exception {
        var disk = disk("file.ext4");
        isTheGuestsAlone(mount(disk, "rw", "loop"), disk);
    }

    @Test
    void aDeviceIsADiskOfTheGuestsAlone() throws Exception {
        var disk = disk("device.ext4");
        var device = device(disk);
        isTheGuestsAlone(mount(device, "rw"), disk);
        Ran.run(Shim.LIMIT, "losetup", "-d", device.toString()).succeeded();
        assertThat(Ran.run(Shim.LIMIT, "losetup", device.toString()).status())
                .as("nobody has %s open any more", device)
                .isNotZero();
    }

    private void isTheGuestsAlone(Mount root, Path disk) throws Exception {
        var log = directory().resolve(disk.getFileName() + ".log");
        try (var shim = startWith(asDisks(2), newId(), Map.of(), "sh", "-c", SCRIPT)) {
            shim.tasks().create(request(shim, "file://" + log, root), Shim.within());
            shim.start("");
            awaitReady(log);
            assertThat(lines(log).getFirst()).isEqualTo("/dev/vda ext4");
            assertThat(Files.readString(Path.of("/proc/mounts")))
                    .as("the host's mounts")
                    .doesNotContain(root.getSource());

            try (var other = startWith(asDisks(2), newId(), Map.of(), "true")) {
                assertThatExceptionOfType(TtrpcException.class)
                        .as("another guest gets it")
                        .isThrownBy(
                                () -> other.tasks().create(request(other, "", root), Shim.within()))
                        .withMessageContaining("root file system: plug disk " + other.id())
                        .withMessageContaining(root.getSource());
            }
            if (root.getSource().startsWith("/dev/")) {
                assertThat(
                                Ran.run(
                                                Shim.LIMIT,
                                                "mount",
                                                root.getSource(),
                                                directory().resolve("bundles").toString())
                                        .status())
                        .as("the host mounts it")
                        .isNotZero();
            }
            shim.kill("", 9);
            shim.await("");
            shim.delete("");
        }
        assertThat(content(disk, "/bin/written")).isEqualTo("kept\n");
    }

    /** To the file system it is a power cut. */
    @Test
    void whatWasSyncedOutlivesTheMachine() throws Exception {
        var disk = disk("killed.ext4");
        var log = directory().resolve("killed.log");
        try (var shim = startWith(asDisks(1), newId(), Map.of(), "sh", "-c", SCRIPT)) {
            shim.tasks()
                    .create(
                            request(shim, "file://" + log, mount(disk, "rw", "loop")),
                            Shim.within());
            shim.start("");
            awaitReady(log);
            Host.processes("qemu-system", shim.id()).forEach(Host::kill);
            shim.await("");
            shim.delete("");
        }
        Ran.run(Shim.LIMIT, "e2fsck", "-p", disk.toString());
        assertThat(Ran.run(Shim.LIMIT, "e2fsck", "-fn", disk.toString()).status())
                .as("errors after its journal was replayed")
                .isZero();
        assertThat(content(disk, "/bin/written")).isEqualTo("kept\n");
    }

    /** A layer that nobody may write to is shared by as many guests as want it. */
    @Test
    void whatIsReadOnlyIsSoForTheGuestAndMayBeShared() throws Exception {
        var disk = disk("layer.ext4");
        var before = Files.getLastModifiedTime(disk);
        var root = mount(disk, "ro", "loop");
        var log = directory().resolve("layer.log");
        var script = "{ echo more > /bin/written; } 2>&-; echo ready; exec sleep 1000";
        try (var one = startWith(asDisks(1), newId(), Map.of(), "sh", "-c", script);
                var other = startWith(asDisks(1), newId(), Map.of(), "sh", "-c", script)) {
            one.tasks().create(request(one, "file://" + log, root), Shim.within());
            other.tasks().create(request(other, "", root), Shim.within());
            one.start("");
            other.start("");
            awaitReady(log);
        }
        assertThat(Files.getLastModifiedTime(disk)).isEqualTo(before);
    }

    /** Each container of a pod has a disk of its own, and gives its place back. */
    @Test
    void aDiskGoesWithItsContainer() throws Exception {
        var sandbox = newId();
        try (var pod =
                startWith(asDisks(2), sandbox, annotations("sandbox", sandbox), "sleep", "1000")) {
            pod.tasks().create(request(pod, "", mount(disk("pause.ext4"), "loop")), Shim.within());
            pod.start("");
            for (var round = 0; round < 3; round++) {
                var disk = disk("member" + round + ".ext4");
                var device = device(disk);
                var log = directory().resolve("member" + round + ".log");
                var member = member(sandbox);
                member.tasks()
                        .create(
                                request(member, "file://" + log, mount(device, "rw")),
                                Shim.within());
                member.start("");
                awaitReady(log);

                var tooMany = member(sandbox);
                assertThatExceptionOfType(TtrpcException.class)
                        .isThrownBy(
                                () ->
                                        tooMany.tasks()
                                                .create(
                                                        request(
                                                                tooMany,
                                                                "",
                                                                mount(disk("third.ext4"), "loop")),
                                                        Shim.within()))
                        .withMessageContaining("at most 2 disks at once")
                        .withMessageContaining("pcie_root_port");

                member.kill("", 9);
                member.await("");
                member.delete("");
                assertThat(content(disk, "/bin/written")).isEqualTo("kept\n");
                Ran.run(Shim.LIMIT, "losetup", "-d", device.toString()).succeeded();
                assertThat(Ran.run(Shim.LIMIT, "losetup", device.toString()).status())
                        .as("%s while its pod lives", device)
                        .isNotZero();
            }
        }
    }

    private Shim member(String sandbox) throws IOException, TtrpcException, InterruptedException {
        return startWith(
                asDisks(2), newId(), annotations("container", sandbox), "sh", "-c", SCRIPT);
    }

    /** The environment of a shim whose machines have so many places for disks. */
    private Map<String, String> asDisks(int places) throws IOException {
        var file = directory().resolve("disks" + places + ".toml");
        Files.writeString(
                file,
                """
                [hypervisor.qemu]
                disable_block_device_use = false
                pcie_root_port = %d
                """
                        .formatted(places));
        return Map.of("KATA_CONF_FILE", file.toString());
    }

    private static void awaitReady(Path log) {
        assertThat(Wait.until(Shim.LIMIT, () -> lines(log).contains("ready")))
                .as(() -> log + ": " + lines(log))
                .isTrue();
    }

    private static List<String> lines(Path log) {
        try {
            return Files.exists(log) ? Files.readAllLines(log) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file with a copy of the suite's root in it. */
    private Path disk(String name) {
        var disk = directory().resolve(name);
        Ran.run(
                        Shim.LIMIT,
                        "mke2fs",
                        "-q",
                        "-F",
                        "-t",
                        "ext4",
                        "-d",
                        directory().resolve("rootfs").toString(),
                        disk.toString(),
                        "64m")
                .succeeded();
        return disk;
    }

    /** A device of the host with what is in the file. */
    private Path device(Path file) {
        var device =
                Path.of(
                        Ran.run(Shim.LIMIT, "losetup", "--find", "--show", file.toString())
                                .succeeded()
                                .out()
                                .strip());
        devices.add(device);
        return device;
    }

    private static Mount mount(Path source, String... options) {
        return Mount.newBuilder()
                .setType("ext4")
                .setSource(source.toString())
                .addAllOptions(List.of(options))
                .build();
    }

    private static CreateTaskRequest request(Shim shim, String stdout, Mount root) {
        return shim.createRequest("", stdout, "").toBuilder().clearRootfs().addRootfs(root).build();
    }

    private static String content(Path disk, String file) {
        return Ran.run(Shim.LIMIT, "debugfs", "-R", "cat " + file, disk.toString())
                .succeeded()
                .out();
    }
}
