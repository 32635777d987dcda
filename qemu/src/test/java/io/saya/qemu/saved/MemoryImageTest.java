package io.saya.qemu.saved;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryImageTest {
    private static final int PAGE = 4096;
    private static final long GUEST = 4L << 20;
    private static final long LIMIT = 1 << 20;

    @TempDir private Path directory;
    private Path guest = Path.of("/");
    private Path image = Path.of("/");

    @BeforeEach
    void aGuestWithSomePages() throws IOException {
        guest = directory.resolve("guest");
        image = Files.createDirectory(directory.resolve("image"));
        Files.writeString(image.resolve(MemoryImage.STATE), "devices");
        empty(guest, GUEST);
        // The first page, two that touch, one across a step's end, the last byte of the last.
        write(0, 1);
        write(10 * PAGE + 17, 2);
        write(11 * PAGE, 3);
        write(64 * PAGE - 1, 4);
        write(64 * PAGE, 5);
        write(GUEST - 1, 6);
    }

    @Test
    void whatItHoldsIsWhatTheGuestHad() throws IOException {
        MemoryImage.save(guest, image, LIMIT);
        Path other = directory.resolve("other");
        empty(other, GUEST);
        replay(MemoryImage.open(image), other);
        assertThat(other).hasSameBinaryContentAs(guest);
        assertThat(Files.size(image.resolve("memory"))).isEqualTo(6L * PAGE);
    }

    @Test
    void anImageThatIsNotWholeIsRefused() throws IOException {
        MemoryImage.save(guest, image, LIMIT);
        for (String file : new String[] {"memory", "state", "pages"}) {
            byte[] whole = Files.readAllBytes(image.resolve(file));
            Files.write(image.resolve(file), Arrays.copyOf(whole, whole.length - 1));
            assertThatIOException().isThrownBy(() -> MemoryImage.open(image));
            Files.write(image.resolve(file), whole);
        }
        byte[] pages = Files.readAllBytes(image.resolve("pages"));
        pages[40] ^= 1;
        Files.write(image.resolve("pages"), pages);
        assertThatIOException()
                .isThrownBy(() -> MemoryImage.open(image))
                .withMessageEndingWith("is damaged, or of another version");
    }

    @Test
    void moreThanTheLimitIsRefused() {
        assertThatIOException()
                .isThrownBy(() -> MemoryImage.save(guest, image, 5L * PAGE))
                .withMessageContaining("more memory than a template may have");
    }

    /** By the list, as the launcher does it (packaging/launcher/src/pages_action.c). */
    private static void replay(MemoryImage image, Path target) throws IOException {
        ByteBuffer pages = ByteBuffer.wrap(Files.readAllBytes(image.pages()));
        ByteBuffer memory = ByteBuffer.wrap(Files.readAllBytes(image.memory()));
        pages.position(Long.BYTES);
        assertThat(pages.getLong()).isEqualTo(GUEST);
        pages.position(4 * Long.BYTES);
        try (FileChannel guest = FileChannel.open(target, StandardOpenOption.WRITE)) {
            while (pages.remaining() > Long.BYTES) {
                long offset = pages.getLong();
                int length = (int) pages.getLong();
                guest.write(memory.slice(memory.position(), length), offset);
                memory.position(memory.position() + length);
            }
        }
        assertThat(memory.hasRemaining()).isFalse();
    }

    private void write(long offset, int value) throws IOException {
        try (FileChannel file = FileChannel.open(guest, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {(byte) value}), offset);
        }
    }

    private static void empty(Path path, long size) throws IOException {
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), size - 1);
        }
    }
}
