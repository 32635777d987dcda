package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.ImageDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in raw images, whatever is in them. */
class ImageLayoutTest {
    private static final long BYTES = 8 << 20;

    @TempDir Path directory;
    private int images;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    ImageLayoutTest() {}

    private Path next() {
        return directory.resolve("image-" + images++);
    }

    private static ImageLayout of(Path path, ImageDevice device) throws HypervisorFailure {
        return ImageLayout.of(new VmSpec.RootImage(path, device, "btrfs", Optional.empty()));
    }

    @Test
    void aFileSystemMayBeTheWholeImage() throws Exception {
        assertThat(of(RawImages.file(next(), RawImages.ext4()), ImageDevice.DISK))
                .isEqualTo(new ImageLayout(false, "ext4", false, BYTES));
        assertThat(of(RawImages.file(next(), RawImages.erofs()), ImageDevice.NVDIMM))
                .isEqualTo(new ImageLayout(false, "erofs", false, BYTES));
        assertThat(of(RawImages.file(next(), RawImages.xfs()), ImageDevice.PMEM))
                .isEqualTo(new ImageLayout(false, "xfs", false, BYTES));
    }

    @Test
    void aFileSystemMayBeInTheFirstPartition() throws Exception {
        assertThat(of(RawImages.partitioned(next(), RawImages.xfs()), ImageDevice.DISK))
                .isEqualTo(new ImageLayout(true, "xfs", false, BYTES));
        assertThat(of(RawImages.gpt(next(), RawImages.erofs()), ImageDevice.DISK))
                .isEqualTo(new ImageLayout(true, "erofs", false, BYTES));
    }

    @Test
    void anImageThatIsMadeForDaxIsSeenFromAnotherPlaceAsMemory() throws Exception {
        Path image = RawImages.forDax(next(), RawImages.ext4());
        assertThat(of(image, ImageDevice.DISK))
                .isEqualTo(new ImageLayout(true, "ext4", false, BYTES));
        assertThat(of(image, ImageDevice.NVDIMM))
                .isEqualTo(new ImageLayout(true, "ext4", true, BYTES));
    }

    @Test
    void whatIsUnknownIsWhatTheConfigurationSays() throws Exception {
        Path unknown = Files.write(next(), new byte[(int) BYTES]);
        assertThat(of(unknown, ImageDevice.DISK))
                .isEqualTo(new ImageLayout(true, "btrfs", false, BYTES));
        assertThat(of(RawImages.partitioned(next(), new byte[16]), ImageDevice.DISK))
                .isEqualTo(new ImageLayout(true, "btrfs", false, BYTES));
    }

    @Test
    void anImageThatIsNotThereIsNamed() {
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> of(directory.resolve("none.img"), ImageDevice.DISK))
                .withMessageContaining("none.img");
    }

    /** A pod may name an image, of a list; what is in it is nobody's promise. */
    @Test
    void anyBytesAreRead() throws IOException, HypervisorFailure {
        Random random = new Random(1);
        byte[] bytes = new byte[16 << 10];
        for (int i = 0; i < 500; i++) {
            random.nextBytes(bytes);
            bytes[510] = 0x55;
            bytes[511] = (byte) 0xaa;
            bytes[446 + 4] = (byte) (i % 2 == 0 ? 0xee : 0x83);
            Path image = Files.write(directory.resolve("random.img"), bytes);
            assertThat(of(image, ImageDevice.DISK).fileSystem()).isEqualTo("btrfs");
        }
    }
}
