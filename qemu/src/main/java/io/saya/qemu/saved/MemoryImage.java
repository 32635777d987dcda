package io.saya.qemu.saved;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The pages of a guest's memory that are not zero, one behind the other in the file {@code memory},
 * and where they belong, in the file {@code pages}. Against a sparse copy: holes need no system
 * call that Java lacks, zero pages take no room, and what is missing is found before a guest is
 * made of it.
 *
 * <p>{@code pages}: longs, big endian: {@value #MAGIC}, sizes in bytes of guest memory, of {@code
 * memory} and of {@code state}, then offset and length of each run, then the CRC32C of all of it.
 */
public final class MemoryImage {

    /** The file of the devices' state, which QEMU writes. */
    public static final String STATE = "state";

    private static final String MEMORY = "memory";
    private static final String PAGES = "pages";
    private static final long MAGIC = 0x53415941_54504c31L;
    private static final int PAGE = 4096;
    private static final int STEP = 64 * PAGE;
    private static final int HEADER_LONGS = 4;

    /** More runs than a guest of 512 GiB that has just booted could have. */
    private static final int MOST_RUNS = 1 << 16;

    private record Run(long offset, long length) {}

    private final Path directory;

    private MemoryImage(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes the memory of a guest that stands still; the state is in {@code directory} already.
     *
     * @param source the guest's memory file
     * @param limitBytes the most that may be written
     */
    public static void save(Path source, Path directory, long limitBytes) throws IOException {
        List<Run> runs = new ArrayList<>();
        long written = 0;
        long size;
        try (FileChannel memory = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = create(directory.resolve(MEMORY))) {
            size = memory.size();
            ByteBuffer step = ByteBuffer.allocateDirect(STEP);
            for (long at = 0; at < size; at += STEP) {
                readFully(memory, step.clear().limit((int) Math.min(STEP, size - at)), at);
                for (int page = 0; page < step.limit(); page += PAGE) {
                    int length = Math.min(PAGE, step.limit() - page);
                    if (isZero(step, page, length)) {
                        continue;
                    }
                    written += length;
                    if (written > limitBytes) {
                        throw new IOException(
                                "the guest uses more memory than a template may have (expected: at"
                                        + " most "
                                        + limitBytes
                                        + " bytes)");
                    }
                    writeFully(out, step.slice(page, length));
                    append(runs, at + page, length);
                }
            }
        }
        writePages(directory, size, written, runs);
    }

    private static void append(List<Run> runs, long offset, long length) throws IOException {
        Run last = runs.isEmpty() ? null : runs.getLast();
        if (last != null && last.offset() + last.length() == offset) {
            runs.set(runs.size() - 1, new Run(last.offset(), last.length() + length));
        } else if (runs.size() == MOST_RUNS) {
            throw new IOException("the guest's memory is scattered over too many places");
        } else {
            runs.add(new Run(offset, length));
        }
    }

    private static boolean isZero(ByteBuffer buffer, int from, int length) {
        int at = from;
        for (; at + Long.BYTES <= from + length; at += Long.BYTES) {
            if (buffer.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private static void writePages(Path directory, long guest, long memory, List<Run> runs)
            throws IOException {
        ByteBuffer pages =
                ByteBuffer.allocate((HEADER_LONGS + 2 * runs.size() + 1) * Long.BYTES)
                        .putLong(MAGIC)
                        .putLong(guest)
                        .putLong(memory)
                        .putLong(Files.size(directory.resolve(STATE)));
        runs.forEach(run -> pages.putLong(run.offset()).putLong(run.length()));
        pages.putLong(checksum(pages.array(), pages.position())).flip();
        try (FileChannel out = create(directory.resolve(PAGES))) {
            writeFully(out, pages);
        }
    }

    /**
     * Looks whether an image is whole.
     *
     * @throws IOException if the image is not whole
     */
    public static MemoryImage open(Path directory) throws IOException {
        byte[] bytes = Files.readAllBytes(directory.resolve(PAGES));
        ByteBuffer pages = ByteBuffer.wrap(bytes);
        int body = bytes.length - Long.BYTES;
        if (body < HEADER_LONGS * Long.BYTES
                || pages.getLong(body) != checksum(bytes, body)
                || pages.getLong() != MAGIC) {
            throw new IOException(directory.resolve(PAGES) + " is damaged, or of another version");
        }
        pages.getLong(); // the guest's, which is compared when QEMU has its memory
        expectSize(directory.resolve(MEMORY), pages.getLong());
        expectSize(directory.resolve(STATE), pages.getLong());
        return new MemoryImage(directory);
    }

    private static void expectSize(Path file, long size) throws IOException {
        if (Files.size(file) != size) {
            throw new IOException(
                    file + " has " + Files.size(file) + " bytes (expected: " + size + ")");
        }
    }

    /** The file that says where the pages belong. */
    public Path pages() {
        return directory.resolve(PAGES);
    }

    /** The file of the pages, one behind the other in the order of {@link #pages}. */
    public Path memory() {
        return directory.resolve(MEMORY);
    }

    /** The file of the devices. */
    public Path state() {
        return directory.resolve(STATE);
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private static void readFully(FileChannel from, ByteBuffer into, long offset)
            throws IOException {
        while (into.hasRemaining()) {
            if (from.read(into, offset + into.position()) < 0) {
                throw new IOException("the file ends at byte " + (offset + into.position()));
            }
        }
        into.flip();
    }

    private static void writeFully(FileChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private static long checksum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return sum.getValue();
    }
}
