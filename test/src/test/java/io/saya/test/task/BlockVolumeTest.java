package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Block devices that a specification gives to a container: a pod's volumeDevices. */
@WithProduct
final class BlockVolumeTest extends ShimSuite {

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

    /** Returns what a container's script prints, to which the device is /dev/data. */
    private List<String> run(String access, String script) throws Exception {
        var settings = directory().resolve("disks.toml");
        Files.writeString(
                settings,
                """
                [hypervisor.qemu]
                disable_block_device_use = false
                pcie_root_port = 1
                """);
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
