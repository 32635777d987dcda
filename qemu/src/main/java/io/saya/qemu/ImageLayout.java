package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.ImageDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What is in a root image, by its first blocks: the file system itself, or partitions of which the
 * first holds it. Kata's images are made for both ways to be seen: as a disk by their first block,
 * as memory from 2 MiB on, behind a block that tells the kernel of that (DAX).
 *
 * @param partitioned whether the file system is in the first partition
 * @param fileSystem as {@code rootfstype} names it
 * @param dax whether programs can be mapped straight from it
 * @param bytes the file's size
 */
record ImageLayout(boolean partitioned, String fileSystem, boolean dax, long bytes) {

    /** Of a guest without an image. */
    static final ImageLayout NONE = new ImageLayout(false, "", false, 0);

    /** What an image that is memory is aligned to, else the kernel leaves it alone. */
    private static final long MEMORY_UNIT = 2 << 20;

    private static final int SECTOR = 512;
    private static final long MOST_SECTORS = 1L << 32;

    /** The master boot record: four entries, then its mark. */
    private static final int ENTRIES = 446;

    private static final int ENTRY_TYPE = 4;
    private static final int ENTRY_START = 8;
    private static final int MARK = 510;
    private static final int MARK_VALUE = 0xaa55;

    /** The type of an entry that only stands before a GPT. */
    private static final int GPT_TYPE = 0xee;

    /** In a GPT's header, the sector of its entries; in an entry, its first sector. */
    private static final int GPT_ENTRIES = 72;

    private static final int GPT_START = 32;

    private static final int EXT4_MAGIC_AT = 1024 + 56;
    private static final int EXT4_MAGIC = 0xef53;
    private static final int EROFS_MAGIC_AT = 1024;
    private static final int EROFS_MAGIC = 0xe0f5e1e2;

    /** In big endian, "XFSB". */
    private static final int XFS_MAGIC = 0x58465342;

    private static final int SUPERBLOCK = 2048;

    /** The mark of memory that is divided into pages for DAX. */
    private static final byte[] PFN_MARK = "NVDIMM_PFN_INFO\0".getBytes(StandardCharsets.US_ASCII);

    private static final int PFN_MARK_AT = 4096;

    /** Where the image begins for who sees it as such memory. */
    private static final long PFN_START = 2 << 20;

    /**
     * Reads an image.
     *
     * @throws HypervisorFailure if it cannot be read, or its size does not suit its device
     */
    static ImageLayout of(VmSpec.RootImage image) throws HypervisorFailure {
        try (FileChannel file = FileChannel.open(image.path())) {
            long bytes = file.size();
            boolean memory = image.device() != ImageDevice.DISK;
            if (memory && (bytes == 0 || bytes % MEMORY_UNIT != 0)) {
                throw new HypervisorFailure(
                        "image "
                                + image.path()
                                + " has "
                                + bytes
                                + " bytes (expected: a multiple of 2 MiB, as the guest is to see"
                                + " it as memory; to use it as it is: disable_image_nvdimm = true"
                                + " and vm_rootfs_driver = \"virtio-blk-pci\" in"
                                + " [hypervisor.qemu])");
            }
            boolean dax = memory && hasPages(file);
            long begin = dax ? PFN_START : 0;
            String whole = fileSystem(file, begin);
            if (!whole.isEmpty()) {
                return new ImageLayout(false, whole, dax, bytes);
            }
            long start = firstPartition(file, begin);
            String found = start == 0 ? "" : fileSystem(file, begin + start);
            return new ImageLayout(true, found.isEmpty() ? image.fileSystem() : found, dax, bytes);
        } catch (IOException e) {
            throw new HypervisorFailure("image " + image.path() + ": " + e.getMessage(), e);
        }
    }

    private static boolean hasPages(FileChannel file) throws IOException {
        byte[] mark = new byte[PFN_MARK.length];
        read(file, PFN_MARK_AT, mark.length).get(mark);
        return Arrays.equals(mark, PFN_MARK);
    }

    /** Returns the name of the file system that begins there, or nothing. */
    private static String fileSystem(FileChannel file, long begin) throws IOException {
        ByteBuffer block = read(file, begin, SUPERBLOCK);
        if ((block.getShort(EXT4_MAGIC_AT) & 0xffff) == EXT4_MAGIC) {
            return "ext4";
        }
        if (block.getInt(EROFS_MAGIC_AT) == EROFS_MAGIC) {
            return "erofs";
        }
        return block.order(ByteOrder.BIG_ENDIAN).getInt(0) == XFS_MAGIC ? "xfs" : "";
    }

    /** Returns where the first partition begins, in bytes behind {@code begin}; 0: none is. */
    private static long firstPartition(FileChannel file, long begin) throws IOException {
        ByteBuffer record = read(file, begin, SECTOR);
        if ((record.getShort(MARK) & 0xffff) != MARK_VALUE) {
            return 0;
        }
        if ((record.get(ENTRIES + ENTRY_TYPE) & 0xff) != GPT_TYPE) {
            return Integer.toUnsignedLong(record.getInt(ENTRIES + ENTRY_START)) * SECTOR;
        }
        long entries = read(file, begin + SECTOR, SECTOR).getLong(GPT_ENTRIES);
        return read(file, begin + bytes(entries), SECTOR).getLong(GPT_START) * SECTOR;
    }

    /** A file may say anything; a place beyond its end reads as nothing. */
    private static long bytes(long sectors) {
        return Math.clamp(sectors, 0L, MOST_SECTORS) * SECTOR;
    }

    /** Reads so many bytes; those beyond the end are 0. */
    private static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (position >= 0) {
            while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) >= 0) {
                // Until all is there.
            }
        }
        return bytes.rewind();
    }
}
