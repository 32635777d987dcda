package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.host.ProcessExit;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.ImageDevice;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import io.saya.qemu.probe.KvmVerdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A Linux finds the root of its command line in an image, as each device, and does not write to it.
 * Debian's kernel has the drivers as modules, so an initrd of the test's own loads them and mounts.
 */
@Timeout(120)
class RootImageBootTest {

    private static final Path PRODUCT = Path.of("..", "packaging", "target", "saya");

    private final LocalHost host = new LocalHost();

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    RootImageBootTest() {}

    @AfterEach
    void nothingIsLeft() {
        boolean left = host.anyAlive();
        host.close();
        assertThat(left).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "DISK, PARTITION, /dev/vda1",
        "NVDIMM, PARTITION, /dev/pmem0p1",
        "PMEM, WHOLE, /dev/pmem0"
    })
    void theRootIsFound(ImageDevice device, RawImages.Form form, String root) throws Exception {
        Path kernel = PRODUCT.resolve("share/saya/vmlinux");
        assumeTrue(Files.isRegularFile(kernel), () -> kernel + " is not built");
        assumeTrue(Files.isExecutable(Specs.QEMU), () -> Specs.QEMU + " is not installed");
        Path whole = make();
        Path image =
                switch (form) {
                    case WHOLE -> whole;
                    case PARTITION ->
                            RawImages.partitioned(
                                    directory.resolve("parts.img"), Files.readAllBytes(whole));
                };
        byte[] before = Files.readAllBytes(image);
        QemuHypervisor hypervisor =
                new QemuHypervisor(host, _ -> new KvmVerdict.Unusable("not in this test"), null);
        Vm vm = hypervisor.start(spec(kernel, image, device));
        assertThat(vm.exited().get(60, TimeUnit.SECONDS).process())
                .isEqualTo(new ProcessExit.Code(0));
        assertThat(vm.consoleTail()).contains("root " + root + " ext4 says hello");
        assertThat(Arrays.equals(Files.readAllBytes(image), before)).isTrue();
    }

    private VmSpec spec(Path kernel, Path image, ImageDevice device) throws IOException {
        Path run = Files.createDirectory(directory.resolve("run"));
        VmSpec plain =
                Specs.of(
                        run,
                        kernel.toRealPath(),
                        List.of(),
                        VmSpec.AgentTransport.VIRTIO_SERIAL,
                        List.of("-initrd", directory.resolve("initrd.img").toString()));
        return new VmSpec(
                plain.vmm(),
                new VmSpec.Guest(
                        plain.guest().kernel(),
                        Optional.empty(),
                        Optional.of(new VmSpec.RootImage(image, device, "ext4", Optional.empty())),
                        List.of("rdinit=/init"),
                        AgentEndpoint.Agents.ANY),
                plain.machine(),
                plain.cpu(),
                new VmSpec.Memory(192, 256, MemoryBacking.ON_TOUCH),
                plain.agentTransport(),
                plain.devices());
    }

    /** Makes the initrd and an image that is a file system, and returns the latter. */
    private Path make() throws IOException, InterruptedException {
        Path script =
                Path.of(
                        Objects.requireNonNull(RootImageBootTest.class.getResource("root-image.sh"))
                                .getPath());
        Process making =
                new ProcessBuilder(
                                "bash",
                                script.toString(),
                                PRODUCT.toRealPath().toString(),
                                directory.toString())
                        .inheritIO()
                        .start();
        assertThat(making.waitFor()).isZero();
        return directory.resolve("whole.img");
    }
}
