package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Block devices that a specification gives to a container: a pod's volumeDevices. */
@WithProduct
final class BlockVolumeTest extends ShimSuite {

    /** Of {@code fcntl.h} on x86-64. */
    private static final int O_DIRECT = 0x4000;

    private Path file = Path.of("/");
    private Path device = Path.of("/");

    @BeforeEach
    void makeDevice() throws IOException {
        file = directory().resolve("volume");
        Files.writeString(file, "written by the host\n");
        Ran.run(Shim.LIMIT, "truncate", "-s", "16M", file.toString()).succeeded();
        device =
                Path.of(
                        Ran.run(Shim.LIMIT, "losetup", "--find", "--show", file.toString())
                                .succeeded()
                                .out()
                                .strip());
    }

    @AfterEach
    void detachDevice() {
        Ran.run(Shim.LIMIT, "losetup", "-d", device.toString()).succeeded();
        assertThat(Ran.run(Shim.LIMIT, "losetup", device.toString()).status())
                .as("nobody has %s open any more", device)
                .isNotZero();
    }

    @Test
    void theContainerReadsAndWritesIt() throws Exception {
        var out =
                run(
                        "rwm",
                        "head -n 1 /dev/data; cat /sys/class/block/vda/dev; stat -c '%t:%T' /dev/data;"
                                + " echo written by the guest | dd of=/dev/data conv=notrunc 2>/dev/null; sync; echo $?");
        assertThat(out.getFirst()).isEqualTo("written by the host");
        assertThat(out.get(2))
                .as("the guest's numbers, in hexadecimal")
                .isEqualTo(
                        "%x:%x"
                                .formatted(
                                        Integer.parseInt(out.get(1).split(":", -1)[0]),
                                        Integer.parseInt(out.get(1).split(":", -1)[1])));
        assertThat(out.getLast()).isEqualTo("0");
        assertThat(Ran.run(Shim.LIMIT, "head", "-n", "1", device.toString()).out())
                .isEqualTo("written by the guest\n");
    }

    @Test
    void whatItMayOnlyReadItCannotWriteTo() throws Exception {
        var out =
                run(
                        "r",
                        "head -n 1 /dev/data; echo no | dd of=/dev/data conv=notrunc,fsync 2>/dev/null; echo $?");
        assertThat(out.getFirst()).isEqualTo("written by the host");
        assertThat(out.getLast()).isEqualTo("1");
        assertThat(Ran.run(Shim.LIMIT, "head", "-n", "1", device.toString()).out())
                .isEqualTo("written by the host\n");
    }

    @Test
    void whatTheConfigurationSaysOfDisksGuestAndQemuHave() throws Exception {
        var out =
                run(
                        "rwm",
                        "cd /sys/class/block/vda; cat queue/logical_block_size queue/physical_block_size; ls mq | wc -l",
                        """
                        block_device_logical_sector_size = 4096
                        block_device_physical_sector_size = 8192
                        block_device_cache_set = true
                        block_device_cache_direct = true
                        num_queues = 1
                        default_vcpus = 2
                        """,
                        shim ->
                                assertThat(flagsOfDevice(shim))
                                        .as("flags of %s as QEMU has it open", device)
                                        .isNotEmpty()
                                        .allMatch(flags -> (flags & O_DIRECT) != 0));
        assertThat(out).containsExactly("4096", "8192", "1");
    }

    /** The flags of each descriptor by which QEMU has the device open. */
    private List<Integer> flagsOfDevice(Shim shim) throws IOException {
        List<Integer> found = new ArrayList<>();
        long qemu = Host.processes("qemu-system", shim.id()).getFirst();
        try (var descriptors = Files.list(Path.of("/proc/" + qemu + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.readSymbolicLink(descriptor).equals(device)) {
                    found.add(flags(descriptor));
                }
            }
        }
        return found;
    }

    private static int flags(Path descriptor) throws IOException {
        Path info = descriptor.resolveSibling("../fdinfo").resolve(descriptor.getFileName());
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("flags:"))
                .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                .findFirst()
                .orElseThrow();
    }

    /** Returns what a container's script prints, to which the device is /dev/data. */
    private List<String> run(String access, String script) throws Exception {
        return run(access, script, "", _ -> {});
    }

    /** What is looked at before the script begins. */
    private interface Look {
        void at(Shim shim) throws IOException;
    }

    private List<String> run(String access, String script, String options, Look look)
            throws Exception {
        var settings = directory().resolve("disks.toml");
        Files.writeString(
                settings,
                """
                [hypervisor.qemu]
                disable_block_device_use = false
                pcie_root_port = 1
                """
                        + options);
        var id = newId();
        var log = directory().resolve(id + ".log");
        try (var shim =
                startWith(
                        Map.of("KATA_CONF_FILE", settings.toString()),
                        id,
                        Map.of(),
                        "sh",
                        "-c",
                        script)) {
            give(shim, access);
            shim.create("", "file://" + log, "");
            look.at(shim);
            shim.start("");
            shim.await("");
            shim.delete("");
        }
        assertThat(Wait.until(Shim.LIMIT, () -> log.toFile().length() > 0)).as("%s", log).isTrue();
        return Files.readAllLines(log);
    }

    private void give(Shim shim, String access) throws IOException {
        var minor = device.toString().replaceFirst("^/dev/loop", "");
        var config = shim.bundle().resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst(
                                "\"mounts\": *\\[",
                                "\"mounts\": [{\"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\"},")
                        .replaceFirst(
                                "\"linux\": *\\{",
                                "\"linux\": {\"devices\": [{\"path\": \"/dev/data\", \"type\": \"b\", \"major\": 7, \"minor\": "
                                        + minor
                                        + "}], \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"},"
                                        + " {\"allow\": true, \"type\": \"b\", \"major\": 7, \"minor\": "
                                        + minor
                                        + ", \"access\": \""
                                        + access
                                        + "\"}]}, "));
    }
}
