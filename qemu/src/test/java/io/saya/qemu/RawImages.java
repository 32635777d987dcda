package io.saya.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Images of which only those bytes are there by which they are known. */
final class RawImages {
    private static final int SIZE = 8 << 20;

    /** How a file system is in an image. */
    enum Form {
        WHOLE,
        PARTITION
    }

    private RawImages() {}

    static byte[] ext4() {
        return mark(1024 + 56, 0x53, 0xef);
    }

    static byte[] erofs() {
        return mark(1024, 0xe2, 0xe1, 0xf5, 0xe0);
    }

    static byte[] xfs() {
        return mark(0, 'X', 'F', 'S', 'B');
    }

    private static byte[] mark(int at, int... bytes) {
        byte[] superblock = new byte[2048];
        for (int i = 0; i < bytes.length; i++) {
            superblock[at + i] = (byte) bytes[i];
        }
        return superblock;
    }

    /** A file system as the whole image. */
    static Path file(Path path, byte[] superblock) throws IOException {
        return write(path, image().put(0, superblock));
    }

    /** A file system in the first of two partitions of a master boot record, at 1 MiB. */
    static Path partitioned(Path path, byte[] superblock) throws IOException {
        ByteBuffer image = image(superblock.length > SIZE / 2 ? 2 * SIZE : SIZE);
        record(image, 0, 2048, image.capacity() / 512 - 2048);
        return write(path, image.put(1 << 20, superblock));
    }

    /** A file system in the first partition of a GPT, at 1 MiB. */
    static Path gpt(Path path, byte[] superblock) throws IOException {
        ByteBuffer image = image();
        image.put(446 + 4, (byte) 0xee).putInt(446 + 8, 1).putShort(510, (short) 0xaa55);
        image.putLong(512 + 72, 2).putLong(1024 + 32, 2048);
        return write(path, image.put(1 << 20, superblock));
    }

    /** As Kata makes them: seen as a disk, a partition at 3 MiB; as memory, at 1 MiB behind 2. */
    static Path forDax(Path path, byte[] superblock) throws IOException {
        ByteBuffer image = image();
        record(image, 0, 3 * 2048, 2048);
        record(image, 2 << 20, 2048, 2048);
        image.put(4096, "NVDIMM_PFN_INFO\0".getBytes(StandardCharsets.US_ASCII));
        return write(path, image.put(3 << 20, superblock));
    }

    private static void record(ByteBuffer image, int at, int sector, int sectors) {
        image.put(at + 446 + 4, (byte) 0x83).putInt(at + 446 + 8, sector);
        image.putInt(at + 446 + 12, sectors);
        image.putShort(at + 510, (short) 0xaa55);
    }

    private static Path write(Path path, ByteBuffer image) throws IOException {
        byte[] bytes = new byte[image.capacity()];
        image.rewind().get(bytes);
        return Files.write(path, bytes);
    }

    private static ByteBuffer image() {
        return image(SIZE);
    }

    private static ByteBuffer image(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
